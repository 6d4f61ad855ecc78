import type { HardwareReport } from './survey.ts';

/** Whether this machine slows itself down now, so that everything on it takes longer. */
export function isSlowed({
  temperature,
  underVoltage,
}: Pick<HardwareReport, 'temperature' | 'underVoltage'>): boolean {
  const { now, high } = temperature;
  return underVoltage === true || (now !== null && high !== null && now >= high);
}
