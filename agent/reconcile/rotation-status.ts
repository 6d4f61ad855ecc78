import type { Instant } from '../system/clock.ts';
import { type Rotation, rotationsNow } from './rotation.ts';
import type { Desired, History, Observed } from './types.ts';

/** The rotations under way, for a person: what each waits for. Null when there is none. */
export function rotationsInWords(
  observed: Observed,
  desired: Desired | null,
  history: History,
  now: Instant,
): string | null {
  if (desired === null) return null;
  const rotations = rotationsNow(observed, desired, history, now);
  return rotations.length === 0 ? null : rotations.map(inWords).join('; ');
}

function inWords({ name, phase, wait, record, overlapMs }: Rotation): string {
  if (wait?.for === 'quiet') {
    return phase === 'prepared'
      ? `${name}: the new one is put in use when nobody is in a call, for LiveKit must start anew`
      : `${name}: the old one is withdrawn when nobody is in a call, for LiveKit must start anew`;
  }
  if (wait?.for === 'overlap' && record !== null) {
    const until = new Date(Date.parse(record.since.wall) + overlapMs).toISOString();
    return `${name}: the new one is in use; overlap until ${until}`;
  }
  return `${name}: services are given the new one`;
}
