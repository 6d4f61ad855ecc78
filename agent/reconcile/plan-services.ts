import type { ContainerObservation } from '../engine/types.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';
import { serviceKey } from './attempt-key.ts';
import { nextTurn, SERVICE_BEAT } from './backoff.ts';
import { filesToWrite } from './files-to-write.ts';
import type { Desired, EngineState, History, KillSeen, Observed, Plan, Step, StopSeen } from './types.ts';

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
/** Failed starts of a container after which it is made anew. */
const STARTS_BEFORE_RECREATE = 3;
/** Restarts by the engine's own policy, and the life so short, that make a container a looping one. */
const ENGINE_RESTARTS_BEFORE_RECREATE = 5;
const BRIEF_RUN_MS = 10_000;

/** What one service needs now, before backoff. */
export type Need =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'hold'; readonly why: string }
  | { readonly kind: 'release'; readonly why: string }
  | { readonly kind: 'start'; readonly why: string; readonly containerId: string }
  | { readonly kind: 'up'; readonly why: string; readonly forceRecreate: boolean };

/** The steps that bring every service to run as it should, one service never waiting for another. */
export function planServices(observed: Observed, desired: Desired, history: History, now: Instant): Plan {
  if (!observed.engine.ok || desired.files.length === 0) return { steps: [], dueInMs: null };
  const engine = observed.engine.value;
  const needs = desired.services.map(({ name }) => ({
    name,
    need: possible(name, needOf(name, engine, desired, history, now), observed, desired),
    turn: nextTurn(history.attempts.get(serviceKey(name)) ?? [], SERVICE_BEAT, now),
  }));
  const due = needs.filter(({ need, turn }) => isFree(need) || turn.dueInMs === 0);
  const waits = needs
    .filter(({ need, turn }) => need.kind === 'wait' || (!isFree(need) && turn.dueInMs > 0))
    .map(({ need, turn }) => (need.kind === 'wait' ? need.forMs : turn.dueInMs));
  return {
    steps: [...due.flatMap(({ name, need }) => directStep(name, need)), ...composeSteps(due, desired)],
    dueInMs: waits.length === 0 ? null : Math.min(...waits),
  };
}

/** Compose needs the image and the files; the steps that bring those come first, and this one after them. */
function possible(service: string, need: Need, observed: Observed, desired: Desired): Need {
  if (need.kind !== 'up' || !observed.engine.ok) return need;
  const { missingImages } = observed.engine.value;
  const lacksImage = desired.images.some(
    (image) => image.service === service && missingImages.includes(image.reference),
  );
  return lacksImage || filesToWrite(observed, desired).length > 0 ? { kind: 'nothing' } : need;
}

/** Holding and releasing spend no budget. */
const isFree = ({ kind }: Need) =>
  kind === 'hold' || kind === 'release' || kind === 'nothing' || kind === 'wait';

export function needOf(
  service: string,
  engine: EngineState,
  desired: Desired,
  history: History,
  now: Instant,
): Need {
  const container = engine.containers.find((candidate) => candidate.service === service);
  const hold = history.holds.find((candidate) => candidate.service === service);
  if (hold) {
    return hold.until === 'started' && container?.state === 'running'
      ? { kind: 'release', why: 'it was started again' }
      : { kind: 'nothing' };
  }
  if (container === undefined) return { kind: 'up', why: 'it has no container', forceRecreate: false };
  if (container.state !== 'running') {
    const stopped = history.stops.get(container.id);
    if (stopped && container.state === 'exited' && isOperators(stopped, engine)) {
      return afterStop(stopped.seenAt, now);
    }
    const forMs = Math.max(
      stopMayFollow(history.kills.get(container.id), now),
      startMayFollow(history.creations.get(container.id), now),
      eventsMayFollow(history, now),
    );
    if (forMs > 0) return { kind: 'wait', forMs };
  }
  if (container.generation !== desired.generations.get(service)) {
    return { kind: 'up', why: 'its configuration changed', forceRecreate: false };
  }
  const attempts = history.attempts.get(serviceKey(service)) ?? [];
  return needOfState(container, nextTurn(attempts, SERVICE_BEAT, now).attempts);
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
function startMayFollow(createdAt: Instant | undefined, now: Instant): number {
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

function afterStop(stopped: Instant, now: Instant): Need {
  const stoodFor = elapsedMs(stopped, now) ?? STOP_STANDS_MS;
  return stoodFor >= STOP_STANDS_MS
    ? { kind: 'hold', why: 'stopped by an operator (docker stop)' }
    : { kind: 'wait', forMs: STOP_STANDS_MS - stoodFor };
}

function needOfState(container: ContainerObservation, attempts: number): Need {
  switch (container.state) {
    case 'running':
    case 'removing':
      return { kind: 'nothing' };
    case 'paused':
      return { kind: 'hold', why: 'paused by an operator (docker pause)' };
    case 'restarting':
      // The engine's own policy is at work, with a backoff of its own.
      return isLooping(container)
        ? {
            kind: 'up',
            why: `the engine restarted it ${container.restartCount} times and it ends again at once (exit ${container.exitCode})`,
            forceRecreate: true,
          }
        : { kind: 'nothing' };
    case 'dead':
      return { kind: 'up', why: 'the engine could not remove it', forceRecreate: true };
    case 'created':
    case 'exited':
      return attempts < STARTS_BEFORE_RECREATE
        ? { kind: 'start', why: exitInWords(container), containerId: container.id }
        : {
            kind: 'up',
            why: `${exitInWords(container)}; starting it failed ${attempts} times`,
            forceRecreate: true,
          };
  }
}

/** The engine counts restarts over a container's whole life: only short lives in a row are a loop. */
function isLooping({ restartCount, startedAt, finishedAt }: ContainerObservation): boolean {
  if (restartCount < ENGINE_RESTARTS_BEFORE_RECREATE || startedAt === null || finishedAt === null)
    return false;
  return Math.abs(Date.parse(finishedAt) - Date.parse(startedAt)) < BRIEF_RUN_MS;
}

/** What is known of how a container ended. */
export type Ended = Pick<ContainerObservation, 'state' | 'exitCode' | 'oomKilled' | 'error'>;

/** How a container ended, for a person. */
export function exitInWords(container: Ended): string {
  if (container.error !== '') return `the engine could not start it: ${container.error}`;
  if (container.oomKilled) return 'it was killed for lack of memory (out of memory)';
  if (container.state === 'created') return 'it was never started';
  const { exitCode } = container;
  if (exitCode === null) return 'it ended';
  return exitCode > 128 && exitCode < 160
    ? `it was ended by signal ${exitCode - 128} (exit ${exitCode})`
    : `it exited with ${exitCode}`;
}

function directStep(service: string, need: Need): Step[] {
  switch (need.kind) {
    case 'hold':
      return [{ kind: 'hold-service', service, why: need.why }];
    case 'release':
      return [{ kind: 'release-service', service, why: need.why }];
    case 'start':
      return [{ kind: 'start-container', service, containerId: need.containerId, why: need.why }];
    default:
      return [];
  }
}

/** Services that need the same are brought up together: Compose knows their order. */
function composeSteps(due: readonly { name: string; need: Need }[], desired: Desired): Step[] {
  return [false, true].flatMap((forceRecreate): Step[] => {
    const group = due.flatMap(({ name, need }) =>
      need.kind === 'up' && need.forceRecreate === forceRecreate ? [{ name, why: need.why }] : [],
    );
    if (group.length === 0) return [];
    return [
      {
        kind: 'compose-up',
        services: group.map(({ name }) => name),
        why: group.map(({ name, why }) => `${name}: ${why}`).join('; '),
        forceRecreate,
        turnAddresses: desired.turnAddresses,
      },
    ];
  });
}
