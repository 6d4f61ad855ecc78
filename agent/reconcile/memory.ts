import * as z from 'zod';
import type { EngineEvent } from '../engine/types.ts';
import type { ListedTable } from '../nftables/index.ts';
import type { TableSpec } from '../nftables/objects.ts';
import type { Attempt, Death, Hold, Store } from '../store/types.ts';
import type { Instant } from '../system/clock.ts';
import { jsonOrNull } from '../system/json.ts';
import { createImageLoads, type ImageLoads } from './image-loads.ts';
import { subjectsCutShort } from './ladder.ts';
import { NO_PERIMETER, type PerimeterRecord } from './perimeter.ts';
import { type Stillness, stillnessBy } from './quiet.ts';
import { beginRun, type Restraint } from './restraint.ts';
import { createRotationMemory, type RotationMemory } from './rotation-record.ts';
import type { History, KillSeen, NotedEvent, StopSeen } from './types.ts';

const instant = z.object({ bootId: z.string(), monotonicMs: z.number(), wall: z.string() });
const management = z.object({
  networks: z.union([z.literal('any'), z.array(z.string())]),
  ports: z.array(z.object({ protocol: z.enum(['tcp', 'udp']), port: z.number() })),
});
const perimeterSchema: z.ZodType<PerimeterRecord> = z.object({
  confirmed: management.nullable(),
  trial: z.object({ management, since: instant, lastsMs: z.number() }).nullable(),
  rolledBack: z.object({ management, at: instant, why: z.string() }).nullable(),
});
const DURABLE: ReadonlySet<string> = new Set<Store['condition']['state']>(['ok', 'created', 'recovered']);

const MOST_ATTEMPTS = 50;

/** What one run of the agent remembers. What must survive it is written to the store as it changes. */
export interface Memory {
  history(): History;
  /** Of a step that heals nobody. */
  attempted(key: string, now: Instant): void;
  succeeded(key: string): void;
  /** Forgets what failed of those: each is due at once. */
  forgetFailures(): void;
  /** Of a step that heals: written down, before it is made. */
  entered(attempt: Omit<Attempt, 'ended'>): void;
  /** The same came to its end, whichever. */
  attemptEnded(attempt: Omit<Attempt, 'ended'>): void;
  /** Forgets what was tried at a subject. */
  forgive(subject: string): void;
  died(death: Death): void;
  /** Things that a step works on, until `ended`. */
  began(things: readonly string[]): void;
  ended(things: readonly string[]): void;
  /** Whether the engine answered when it was asked last. */
  engineAnswers(answers: boolean, now: Instant): void;
  readonly restraint: Restraint;
  readonly rotations: RotationMemory;
  readonly imageLoads: ImageLoads;
  /** So many packets the SFU has sent by now; null when that cannot be told. */
  mediaSent(packets: number | null, readAt: Instant | null): void;
  hold(hold: Hold): void;
  /** False when there was no hold. */
  release(service: string): boolean;
  noteEvent(event: EngineEvent, now: Instant): NotedEvent;
  /** An event from before this run, told now. */
  noteFormerEvent(event: EngineEvent, now: Instant): void;
  /** The event stream was opened at this moment, or broke (null). */
  watching(since: Instant | null): void;
  /** Forgets the stops that were seen: an operator wants the service back. */
  forgetStops(): void;
  conntrackCleaned(now: Instant): void;
  applied(spec: TableSpec, listing: ListedTable): void;
  /** This listing agrees with this table. `asApplied`: it also means what the one right after we applied it meant. */
  converged(spec: TableSpec, listing: ListedTable, asApplied: boolean): void;
  drifted(what: string, now: Instant): void;
  turnAddressesInUse(addresses: readonly string[]): void;
  /** False when that is not on the disk: the next agent will not know it. */
  perimeter(record: PerimeterRecord): boolean;
}

/**
 * Remembers for this boot. Holds of another boot are dropped here: a reboot is the operator's, or the power's,
 * way of starting afresh.
 */
export function createMemory(store: Store, now: Instant): Memory {
  for (const hold of store.holds()) {
    if (hold.since.bootId !== now.bootId) store.release(hold.service);
  }
  const attempts = new Map<string, readonly Instant[]>();
  const restraint = beginRun(store, now);
  let ledger: readonly Attempt[] = store.attempts();
  let deaths: readonly Death[] = store.deaths();
  let holds: readonly Hold[] = store.holds();
  const cutShort = subjectsCutShort(ledger, now);
  const stoppedByUs = new Set<string>();
  const underWay = new Set<string>();
  let engineSilentSince: Instant | null = null;
  const stops = new Map<string, StopSeen>();
  const kills = new Map<string, KillSeen>();
  const creations = new Map<string, Instant>();
  let watchingSince: Instant | null = null;
  let conntrackCleanedAt: Instant | null = null;
  let lastApplied: History['applied'] = null;
  let converged: History['converged'] = null;
  let lastDrift: History['lastDrift'] = null;
  let turnAddresses = storedAddresses(store, now.bootId);
  let perimeter = storedPerimeter(store);
  const rotations = createRotationMemory(store);
  const imageLoads = createImageLoads(store, now.bootId);
  let stillness: Stillness | null = null;

  function noteEvent(event: EngineEvent, at: Instant): NotedEvent {
    const kill = kills.get(event.containerId) ?? null;
    if (event.action === 'create') creations.set(event.containerId, at);
    if (event.action === 'kill')
      kills.set(event.containerId, { signal: event.signal, askedAt: at, diedAt: null });
    if (event.action === 'die' && kill) kills.set(event.containerId, { ...kill, diedAt: at });
    // What a step of ours stops, and then perhaps cannot start, was stopped by no operator.
    const isOurs = underWay.has(event.service ?? '') || stoppedByUs.has(event.containerId);
    if (event.action === 'stop' && !isOurs) {
      stops.set(event.containerId, { seenAt: at, engineMs: Number(BigInt(event.timeNano) / 1_000_000n) });
    }
    if (event.action === 'start' || event.action === 'destroy') {
      for (const seen of [stops, kills, creations, stoppedByUs]) seen.delete(event.containerId);
    }
    return { ...event, kill };
  }

  return {
    history: () => ({
      holds,
      attempts,
      ledger,
      deaths,
      restrainedSince: restraint.since(),
      underWay,
      engineSilentSince,
      stops,
      kills,
      creations,
      startedAt: now,
      watchingSince,
      conntrackCleanedAt,
      applied: lastApplied,
      converged,
      lastDrift,
      turnAddresses,
      perimeter,
      rotations: rotations.all(),
      stillness,
    }),
    attempted(key, at) {
      attempts.set(key, [...(attempts.get(key) ?? []), at].slice(-MOST_ATTEMPTS));
    },
    succeeded: (key) => void attempts.delete(key),
    forgetFailures: () => attempts.clear(),
    entered(attempt) {
      store.attempt(attempt);
      ledger = store.attempts();
    },
    attemptEnded(attempt) {
      store.attemptEnded(attempt);
      ledger = store.attempts();
    },
    forgive(subject) {
      store.forgive(subject);
      ledger = store.attempts();
    },
    died(death) {
      store.died(death);
      deaths = store.deaths();
    },
    restraint,
    rotations,
    imageLoads,
    mediaSent(packets, readAt) {
      stillness = stillnessBy(stillness, packets, readAt);
    },
    began(things) {
      for (const thing of things) underWay.add(thing);
    },
    ended(things) {
      for (const thing of things) underWay.delete(thing);
    },
    engineAnswers(answers, at) {
      engineSilentSince = answers ? null : (engineSilentSince ?? at);
    },
    hold(hold) {
      store.hold(hold);
      holds = store.holds();
    },
    release(service) {
      const released = store.release(service);
      holds = store.holds();
      return released;
    },
    noteEvent,
    noteFormerEvent(event, at) {
      noteEvent(event, at);
      if (!cutShort.has(event.service ?? '')) return;
      // A step of ours was at it when the agent before this one was killed. The engine goes on with what it was asked for:
      // the `stop` may come yet.
      creations.delete(event.containerId);
      stops.delete(event.containerId);
      if (event.action === 'kill') stoppedByUs.add(event.containerId);
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
      // Until they are looked through, connections may contradict it.
      conntrackCleanedAt = null;
    },
    converged(spec, listing, asApplied) {
      converged = { spec, listing };
      if (asApplied && lastApplied !== null) lastApplied = { ...lastApplied, listing };
    },
    drifted(what, at) {
      lastDrift = { at, what };
    },
    turnAddressesInUse(addresses) {
      turnAddresses = addresses;
      store.set('turn-addresses', JSON.stringify({ bootId: now.bootId, addresses }));
    },
    perimeter(record) {
      perimeter = record;
      store.set('perimeter', JSON.stringify(record));
      return DURABLE.has(store.condition.state);
    },
  };
}

const addressesInUse = z.object({ bootId: z.string(), addresses: z.array(z.string()) });

/** Those of another boot are nothing to go by: what relayed over them is gone, and the network may be another. */
function storedAddresses(store: Store, bootId: string): readonly string[] | null {
  const parsed = addressesInUse.safeParse(jsonOrNull(store.get('turn-addresses')));
  return parsed.success && parsed.data.bootId === bootId ? parsed.data.addresses : null;
}

function storedPerimeter(store: Store): PerimeterRecord {
  const parsed = perimeterSchema.safeParse(jsonOrNull(store.get('perimeter')));
  return parsed.success ? parsed.data : NO_PERIMETER;
}
