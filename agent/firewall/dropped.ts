import type { FirewallStatus, Traffic } from '../control/status.ts';
import { serviceOfEgressCounter } from './egress-chains.ts';

/** Counter of packets to a published port while its service was away. */
export const NO_BACKEND_DROPPED = 'no-backend-dropped';

/** Counter of packets to a port that is published to some, from others. */
export const NOT_ADMITTED_DROPPED = 'not-admitted-dropped';

/** Counter of what the perimeter keeps out. */
export const PERIMETER_DROPPED = 'perimeter-dropped';

const WORDS: Readonly<Record<string, string>> = {
  [NO_BACKEND_DROPPED]: 'to a published port while its service was away',
  'direct-dropped': 'straight to the address of a container',
  [NOT_ADMITTED_DROPPED]: 'to a port that is open to certain addresses alone, from another one',
  'relay-refused': 'of the relay to something on this machine that is not published',
  'turn-source-dropped': 'that would have begun too many relay sessions from one address',
  'turn-overall-dropped': 'that would have begun too many relay sessions in all',
  [PERIMETER_DROPPED]: 'to something on this machine that the perimeter closes',
};

/**
 * What status says of the packets that our rules dropped. The counters of such rules have names that end in
 * `-dropped` or `-refused`.
 */
export function droppedStatus(
  counters: readonly (Traffic & { readonly name: string })[],
): FirewallStatus['dropped'] {
  return counters
    .filter(({ name }) => /-(dropped|refused)$/.test(name))
    .map(({ name, packets, bytes }) => ({ what: inWords(name), packets, bytes }));
}

function inWords(name: string): string {
  const locked = serviceOfEgressCounter(name);
  return locked === null ? (WORDS[name] ?? `(${name})`) : `of ${locked} to something that it may not reach`;
}
