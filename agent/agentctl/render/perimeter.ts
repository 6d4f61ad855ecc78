import type { PerimeterStatus } from '../../control/status.ts';
import type { Screen } from '../terminal.ts';
import { labelled, table } from './text.ts';
import { formatDuration, formatTimeNear } from './times.ts';

/** The perimeter in a few words for the foot of the status; nothing while nobody asks for one. */
export function perimeterWords(perimeter: PerimeterStatus | null, nowIso: string): string[] {
  if (perimeter === null) return [];
  const { mode, inForce, trialEndsAt } = perimeter;
  if (mode === 'observe') return ['perimeter observed'];
  if (inForce === 'nothing') return ['perimeter not in force'];
  return [
    trialEndsAt === null
      ? 'perimeter in force'
      : `perimeter on trial, ${leftUntil(trialEndsAt, nowIso)} left`,
  ];
}

/** The perimeter in `agentctl firewall show`. */
export function perimeterLines(
  perimeter: PerimeterStatus | null,
  nowIso: string,
  { columns, paint }: Screen,
): string[] {
  if (perimeter === null) return [];
  const { closes, sessions } = perimeter;
  const holders = (closes ?? []).map(({ port, program }) => [port, program]);
  return [
    ...labelled('Perimeter: ', headline(perimeter, nowIso), columns),
    ...next(perimeter).flatMap((text) => labelled('  Next: ', text, columns)),
    ...(holders.length === 0 ? [] : table([{ title: 'CLOSES' }, { title: 'PROGRAM' }], holders, columns)),
    ...(sessions ?? []).flatMap(({ from, port, mayComeAgain }) =>
      labelled(
        `SSH from ${from} by port ${port}: `,
        mayComeAgain ? 'may come in again' : `goes on, and ${paint('red', 'could NOT come in again')}`,
        columns,
      ),
    ),
  ];
}

function headline(perimeter: PerimeterStatus, nowIso: string): string {
  const { mode, inForce, trialEndsAt, management, closes } = perimeter;
  const known = closes === null ? ' What it closes cannot be told without root.' : '';
  if (mode === 'observe')
    return `observed, nothing is closed. enforce would leave open ${management}.${known}`;
  if (trialEndsAt !== null) {
    const until = `${formatTimeNear(trialEndsAt, nowIso)} (${leftUntil(trialEndsAt, nowIso)} left)`;
    return `on trial until ${until}. Open is ${management}.${known}`;
  }
  return inForce === 'confirmed' ? `in force. Open is ${management}.${known}` : `not in force.${known}`;
}

function next({ inForce, rolledBack }: PerimeterStatus): string[] {
  if (inForce === 'trial')
    return [
      'Open a new SSH connection to this machine. If it works: `sudo agentctl firewall confirm`. If not, wait.',
    ];
  return rolledBack === null
    ? []
    : [`It was rolled back: ${rolledBack.why}. To try it again: \`sudo agentctl firewall try\``];
}

const leftUntil = (endIso: string, nowIso: string) =>
  formatDuration(Math.floor((Date.parse(endIso) - Date.parse(nowIso)) / 1_000) * 1_000);
