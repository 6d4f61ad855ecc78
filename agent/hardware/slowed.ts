import type { HardwareReport } from './survey.ts';

/** Whether this machine slows itself down now, so that everything on it takes longer. */
export function isSlowed({
  temperature,
  throttled,
  underVoltage,
}: Pick<HardwareReport, 'temperature' | 'throttled' | 'underVoltage'>): boolean {
  const { now, high } = temperature;
  return underVoltage === true || throttled === true || (now !== null && high !== null && now >= high);
}
