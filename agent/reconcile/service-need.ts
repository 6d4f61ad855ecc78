import { isLeftover } from '../engine/leftovers.ts';
import type { ContainerObservation } from '../engine/types.ts';
import { DEFAULT_BUDGETS } from '../probes/budgets.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';
import { exitInWords } from './exit-words.ts';
import { type Intent, startMayFollow, stoppedBySomebody, underHold } from './intent.ts';
import type { Rung } from './ladder.ts';
import type { Desired, EngineState, History, Observed } from './types.ts';

/** Restarts by the engine's own policy, and the life so short, that make a container a looping one. */
const ENGINE_RESTARTS_TO_LOOP = 5;
const BRIEF_RUN_MS = 10_000;

/** Something that is wrong with a service and calls for a remedy. */
export interface Fault {
  readonly kind: 'fault';
  readonly why: string;
  /** Lower rungs of the ladder cannot help. */
  readonly least: Rung;
  readonly container: ContainerObservation | null;
}

/** What one service needs now, before backoff. */
export type Need = Intent | Fault | { readonly kind: 'update'; readonly why: string };

const NOTHING = { kind: 'nothing' } as const;

/**
 * What a service needs. An operator's intent comes before any fault, and a fault of what it depends on before its own.
 * `mayBeDeaf`: probes can reach it, as far as it is up to the rules. `canBeMade`: Compose has what it needs to make it.
 */
export function needOf(
  service: string,
  seen: {
    readonly engine: EngineState;
    readonly observed: Observed;
    readonly desired: Desired;
    readonly mayBeDeaf: boolean;
    readonly canBeMade: boolean;
  },
  history: History,
  now: Instant,
): Need {
  const { engine, observed, desired, canBeMade } = seen;
  if (history.underWay.has(service)) return NOTHING;
  const own = engine.containers.filter((candidate) => candidate.service === service);
  const [container] = own;
  const leftover = own.find(isLeftover);
  const hold = history.holds.find((candidate) => candidate.service === service);
  if (hold) return underHold(hold, container, now);
  if (container === undefined) {
    return { kind: 'fault', why: 'it has no container', least: 'restart', container: null };
  }
  if (leftover !== undefined) return needOfLeftover(leftover, container, history, now);
  const stopped = container.state === 'running' ? null : stoppedBySomebody(container, engine, history, now);
  if (stopped) return stopped;
  // One that runs by an old configuration is not judged by probes, which ask what the new one says. One that ended is
  // better than none, as long as no other can be made.
  const isUpToDate = container.generation === desired.generations.get(service);
  if (!isUpToDate && (canBeMade || container.state === 'running')) {
    return { kind: 'update', why: 'its configuration changed' };
  }
  if (waitsFor(service, observed, desired) !== null) return NOTHING;
  return container.state === 'running'
    ? needOfRunning(container, seen, now)
    : needOfState(container, container.state);
}

/** What Compose was killed at while it made a container anew; or somebody else's Compose is just at it. */
function needOfLeftover(
  leftover: ContainerObservation,
  container: ContainerObservation,
  history: History,
  now: Instant,
): Need {
  const forMs = startMayFollow(history.creations.get(leftover.id), now);
  if (forMs > 0) return { kind: 'wait', forMs, before: null };
  const why = `it was half made anew when that was cut short: ${leftover.name} is left`;
  return { kind: 'fault', why, least: 'recreate', container };
}

/** A service that this one depends on and that does not serve; null when there is none. */
export function waitsFor(
  service: string,
  { engine, verdicts }: Observed,
  { services }: Desired,
): string | null {
  const running = engine.ok ? engine.value.containers.filter(({ state }) => state === 'running') : [];
  const serves = (name: string) =>
    verdicts.get(name)?.ok === true && running.some((container) => container.service === name);
  const { dependsOn = [] } = services.find(({ name }) => name === service) ?? {};
  return dependsOn.find((name) => !serves(name)) ?? null;
}

/** A container that runs, and does not answer its probes. */
function needOfRunning(
  container: ContainerObservation,
  { observed, desired, mayBeDeaf }: { observed: Observed; desired: Desired; mayBeDeaf: boolean },
  now: Instant,
): Need {
  const silence = observed.silences.get(container.service);
  if (silence === undefined || !mayBeDeaf) return NOTHING;
  const { startup, liveness, livenessMisses } = desired.budgets.get(container.service) ?? DEFAULT_BUDGETS;
  const limitMs = silence.served ? liveness : startup;
  const silentFor = elapsedMs(silence.since, now) ?? 0;
  const forMs = Math.max(limitMs - silentFor, silence.misses < livenessMisses ? 1_000 : 0);
  if (forMs > 0) return { kind: 'wait', forMs, before: 'restart it, if it stays silent' };
  const detail = observed.verdicts.get(container.service)?.detail ?? 'no answer';
  const why = `it runs but has not answered for ${Math.round(silentFor / 1_000)} s (${detail})`;
  return { kind: 'fault', why, least: 'restart', container };
}

function needOfState(
  container: ContainerObservation,
  state: Exclude<ContainerObservation['state'], 'running'>,
): Need {
  const fault = (why: string, least: Rung): Fault => ({ kind: 'fault', why, least, container });
  switch (state) {
    case 'removing':
      return NOTHING;
    case 'paused':
      return { kind: 'hold', why: 'paused by an operator (docker pause)' };
    case 'restarting': {
      // The engine's own policy is at work, with a backoff of its own.
      const { restartCount, exitCode } = container;
      const why = `the engine restarted it ${restartCount} times and it ends again at once (exit ${exitCode})`;
      return isLooping(container) ? fault(why, 'recreate') : NOTHING;
    }
    case 'dead':
      return fault('the engine could not remove it', 'recreate');
    case 'created':
    case 'exited':
      return fault(exitInWords(container), 'restart');
  }
}

/** The engine counts restarts over a container's whole life: only short lives in a row are a loop. */
function isLooping({ restartCount, startedAt, finishedAt }: ContainerObservation): boolean {
  if (restartCount < ENGINE_RESTARTS_TO_LOOP || startedAt === null || finishedAt === null) return false;
  return Math.abs(Date.parse(finishedAt) - Date.parse(startedAt)) < BRIEF_RUN_MS;
}
