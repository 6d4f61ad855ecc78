import { z } from 'zod';
import type { EngineEvent } from '../engine/types.ts';
import type { ListedTable } from '../nftables/index.ts';
import type { TableSpec } from '../nftables/objects.ts';
import type { Hold, Store } from '../store/types.ts';
import type { Instant } from '../system/clock.ts';
import { isServiceKey } from './attempt-key.ts';
import type { History, KillSeen, StopSeen } from './types.ts';

const instant = z.object({ bootId: z.string(), monotonicMs: z.number(), wall: z.string() });
const attemptsSchema = z.record(z.string(), z.array(instant));
const MOST_ATTEMPTS = 50;

/** What one run of the agent remembers. What must survive it is written to the store as it changes. */
export interface Memory {
  history(): History;
  attempted(keys: readonly string[], now: Instant): void;
  succeeded(keys: readonly string[]): void;
  hold(hold: Hold): void;
  /** False when there was no hold. */
  release(service: string): boolean;
  noteEvent(event: EngineEvent, now: Instant): void;
  /** The event stream was opened at this moment, or broke (null). */
  watching(since: Instant | null): void;
  /** Forgets the stops that were seen: an operator wants the service back. */
  forgetStops(): void;
  conntrackCleaned(now: Instant): void;
  applied(spec: TableSpec, listing: ListedTable): void;
  drifted(what: string, now: Instant): void;
  turnAddressesInUse(addresses: readonly string[]): void;
}

/**
 * Remembers for this boot. Holds of another boot are dropped here: a reboot is the operator's, or the power's,
 * way of starting afresh.
 */
export function createMemory(store: Store, now: Instant): Memory {
  for (const hold of store.holds()) {
    if (hold.since.bootId !== now.bootId) store.release(hold.service);
  }
  const attempts = new Map<string, readonly Instant[]>(Object.entries(storedAttempts(store, now)));
  const stops = new Map<string, StopSeen>();
  const kills = new Map<string, KillSeen>();
  const creations = new Map<string, Instant>();
  let watchingSince: Instant | null = null;
  let conntrackCleanedAt: Instant | null = null;
  let lastApplied: History['applied'] = null;
  let lastDrift: History['lastDrift'] = null;
  let turnAddresses = storedAddresses(store);

  /** Only what is done to services must never be repeated or forgotten; the rest is not worth a write to the disk. */
  const keepAttempts = (keys: readonly string[]) => {
    if (!keys.some(isServiceKey)) return;
    const kept = [...attempts].filter(([key]) => isServiceKey(key));
    store.set('attempts', JSON.stringify(Object.fromEntries(kept)));
  };

  return {
    history: () => ({
      holds: store.holds(),
      attempts,
      stops,
      kills,
      creations,
      startedAt: now,
      watchingSince,
      conntrackCleanedAt,
      applied: lastApplied,
      lastDrift,
      turnAddresses,
    }),
    attempted(keys, at) {
      for (const key of keys) attempts.set(key, [...(attempts.get(key) ?? []), at].slice(-MOST_ATTEMPTS));
      keepAttempts(keys);
    },
    succeeded(keys) {
      const known = keys.filter((key) => attempts.delete(key));
      keepAttempts(known);
    },
    hold: (hold) => store.hold(hold),
    release: (service) => store.release(service),
    noteEvent(event, at) {
      const kill = kills.get(event.containerId);
      if (event.action === 'create') creations.set(event.containerId, at);
      if (event.action === 'kill')
        kills.set(event.containerId, { signal: event.signal, askedAt: at, diedAt: null });
      if (event.action === 'die' && kill) kills.set(event.containerId, { ...kill, diedAt: at });
      if (event.action === 'stop') {
        stops.set(event.containerId, { seenAt: at, engineMs: Number(BigInt(event.timeNano) / 1_000_000n) });
      }
      if (event.action === 'start' || event.action === 'destroy') {
        stops.delete(event.containerId);
        kills.delete(event.containerId);
        creations.delete(event.containerId);
      }
    },
    watching(since) {
      watchingSince = since;
    },
    forgetStops: () => stops.clear(),
    conntrackCleaned(at) {
      conntrackCleanedAt = at;
    },
    applied(spec, listing) {
      lastApplied = { spec, listing };
    },
    drifted(what, at) {
      lastDrift = { at, what };
    },
    turnAddressesInUse(addresses) {
      turnAddresses = addresses;
      store.set('turn-addresses', JSON.stringify(addresses));
    },
  };
}

function storedAttempts(store: Store, now: Instant): Record<string, Instant[]> {
  const parsed = attemptsSchema.safeParse(jsonOrNull(store.get('attempts')));
  if (!parsed.success) return {};
  return Object.fromEntries(
    Object.entries(parsed.data).filter(([, instants]) =>
      instants.some(({ bootId }) => bootId === now.bootId),
    ),
  );
}

function storedAddresses(store: Store): readonly string[] | null {
  const parsed = z.array(z.string()).safeParse(jsonOrNull(store.get('turn-addresses')));
  return parsed.success ? parsed.data : null;
}

/** A value of a former version that cannot be read is as good as none: these only spare work. */
function jsonOrNull(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
