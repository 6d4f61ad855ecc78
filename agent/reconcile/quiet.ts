import { accountOf } from '../firewall/accounts.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';
import type { Desired, Observed } from './types.ts';

/** The service that carries calls: when it ends, they end. */
const SFU = 'livekit';

/**
 * A path on which nothing was sent for so long carries no call: whoever is in one asks for consent every few seconds, and a
 * path without consent is given up after 30 s (RFC 7675 section 5.1).
 */
export const QUIET_MS = 30_000;

/**
 * Packets that the SFU has sent to its clients, and that the relay has sent for those who reach it by that, by the counters
 * of our table; null when they cannot be read. What the SFU sends to the relay, on this host, passes no rule that counts
 * it. What came in would not do: neither answers a stranger on these ports, and whoever knocks on one must not be able to
 * pass for a call.
 */
export function mediaSent({ table }: Observed, { services }: Desired): number | null {
  if (!table.ok || table.value === null) return null;
  const ports = services.flatMap(({ name, published, open, relay }) => [
    ...(name === SFU ? published : []),
    // Its own port answers everybody.
    ...(relay === undefined ? [] : open.filter(({ from }) => from !== relay.port)),
  ]);
  const counters = new Set(ports.map((port) => accountOf(port).counters.outbound));
  return table.value.counters
    .filter(({ name }) => counters.has(name))
    .reduce((sum, { packets }) => sum + packets, 0);
}

/** Two readings of the counters, and all in between, by which the SFU had sent the same number of packets. */
export interface Stillness {
  readonly packets: number;
  readonly since: Instant;
  /** The newest reading: of what came after it nothing is known. */
  readonly until: Instant;
}

/** What is known once these packets were read at that moment; null when they could not be. */
export function stillnessBy(
  before: Stillness | null,
  packets: number | null,
  readAt: Instant | null,
): Stillness | null {
  if (packets === null || readAt === null) return null;
  return { packets, since: before?.packets === packets ? before.since : readAt, until: readAt };
}

/** Milliseconds until it counts as certain that nobody is in a call, if nothing is sent meanwhile; 0 when it is. */
export function quietInMs(stillness: Stillness | null): number {
  const silentFor = stillness && elapsedMs(stillness.since, stillness.until);
  return silentFor === null ? QUIET_MS : Math.max(0, QUIET_MS - silentFor);
}
