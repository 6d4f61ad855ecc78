import type { ProvisioningStepStatus, Status } from '../../control/status.ts';
import type { Screen } from '../terminal.ts';
import { labelled } from './text.ts';
import { formatTime } from './times.ts';

export const STEP_WORDS: Readonly<Record<ProvisioningStepStatus['state'], string>> = {
  done: 'done',
  running: 'running',
  failed: 'FAILED',
  pending: 'waiting',
};

/** A step of bringing the machine up, as a line that stands below those of the others. */
export function renderStep(
  { name, state, finishedAt, detail }: ProvisioningStepStatus,
  { provisioning }: Pick<Status, 'provisioning'>,
  { columns }: Screen,
): string {
  const width = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length));
  const cells = [
    name.padEnd(width(provisioning.steps.map((step) => step.name))),
    STEP_WORDS[state].padEnd(width(Object.values(STEP_WORDS))),
    (finishedAt === null ? '-' : formatTime(finishedAt)).padEnd('2026-11-22 13:05:12'.length),
  ];
  return `${labelled(`${cells.join('  ')}  `, detail, columns).join('\n')}\n`;
}
