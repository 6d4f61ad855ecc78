import type { ContainerObservation } from '../engine/types.ts';
import type { Hold } from '../store/types.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';
import type { EngineState, History, KillSeen, StopSeen } from './types.ts';

/** A stop must have stood this long: `docker restart` also shows one, for an instant. */
const STOP_STANDS_MS = 2_000;
/** A `die` follows its `kill` at the latest after the longest grace of a service, and a `stop` follows its `die`. */
const DIE_FOLLOWS_MS = 15_000;
const STOP_FOLLOWS_MS = 1_000;
/** The engine replays what was missed as soon as its event stream opens; it may never open. */
const REPLAY_MS = 500;
const WATCHING_FOLLOWS_MS = 10_000;
/** Compose stops the old container between making the new one and starting it. */
const START_FOLLOWS_MS = 15_000;

/** What somebody wants of a service, as far as that bears on healing it. */
export type Intent =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'wait'; readonly forMs: number; readonly before: string | null }
  | { readonly kind: 'hold'; readonly why: string }
  | { readonly kind: 'release'; readonly why: string };

/** What follows from a hold. */
export function underHold(hold: Hold, container: ContainerObservation | undefined, now: Instant): Intent {
  if (hold.until === 'started' && container?.state === 'running') {
    return { kind: 'release', why: 'it was started again' };
  }
  if (hold.forMs === null) return { kind: 'nothing' };
  const left = hold.forMs - (elapsedMs(hold.since, now) ?? hold.forMs);
  return left > 0
    ? { kind: 'wait', forMs: left, before: 'release it' }
    : { kind: 'release', why: 'the time of its hold is over' };
}

/** Whether an operator stopped a container that does not run, or it must be waited for what would tell; null: neither. */
export function stoppedBySomebody(
  container: ContainerObservation,
  engine: EngineState,
  history: History,
  now: Instant,
): Intent | null {
  const stopped = history.stops.get(container.id);
  if (stopped && container.state === 'exited' && isOperators(stopped, engine)) {
    return afterStop(stopped.seenAt, now);
  }
  const forMs = Math.max(
    stopMayFollow(history.kills.get(container.id), now),
    startMayFollow(history.creations.get(container.id), now),
    eventsMayFollow(history, now),
  );
  return forMs > 0 ? { kind: 'wait', forMs, before: null } : null;
}

/**
 * An engine that comes back after a crash stops what still ran, before anybody could ask it to; and one that goes
 * down stops everything. Both are older than its present start.
 */
function isOperators({ engineMs }: StopSeen, { startedAtMs }: EngineState): boolean {
  return startedAtMs === null || engineMs > startedAtMs;
}

/** Milliseconds to wait for the events of the past, which say why a container is not running. */
function eventsMayFollow({ startedAt, watchingSince }: History, now: Instant): number {
  const [since, limitMs] = watchingSince ? [watchingSince, REPLAY_MS] : [startedAt, WATCHING_FOLLOWS_MS];
  return Math.max(0, limitMs - (elapsedMs(since, now) ?? limitMs));
}

/** Milliseconds to wait for whoever made the container, `docker compose up` most likely, to start it as well. */
export function startMayFollow(createdAt: Instant | undefined, now: Instant): number {
  if (createdAt === undefined) return 0;
  return Math.max(0, START_FOLLOWS_MS - (elapsedMs(createdAt, now) ?? START_FOLLOWS_MS));
}

/**
 * Milliseconds to wait for the `stop` that tells an operator's `docker stop` from `docker kill`: it comes after the
 * container has exited, and a container started again in between would defy the operator.
 */
function stopMayFollow(kill: KillSeen | undefined, now: Instant): number {
  if (kill === undefined) return 0;
  const [since, limitMs] =
    kill.diedAt === null ? [kill.askedAt, DIE_FOLLOWS_MS] : [kill.diedAt, STOP_FOLLOWS_MS];
  return Math.max(0, limitMs - (elapsedMs(since, now) ?? limitMs));
}

function afterStop(stopped: Instant, now: Instant): Intent {
  const stoodFor = elapsedMs(stopped, now) ?? STOP_STANDS_MS;
  return stoodFor >= STOP_STANDS_MS
    ? { kind: 'hold', why: 'stopped by an operator (docker stop)' }
    : { kind: 'wait', forMs: STOP_STANDS_MS - stoodFor, before: null };
}
