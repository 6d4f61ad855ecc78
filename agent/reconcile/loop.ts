import type { EngineEvent } from '../engine/types.ts';
import { differences } from '../nftables/index.ts';
import type { Store } from '../store/types.ts';
import { type Clock, elapsedMs } from '../system/clock.ts';
import { AgentError, describeError } from '../system/errors.ts';
import { attemptKeys, serviceKey } from './attempt-key.ts';
import { type Executors, perform } from './executors.ts';
import type { IncidentLog } from './incident-log.ts';
import type { Memory } from './memory.ts';
import { plan } from './plan.ts';
import { createStepRecorder, servicesOf } from './step-record.ts';
import type { Desired, Observed, Plan, Step } from './types.ts';

/** A plan that keeps asking for steps without end is a defect; it must not take the machine's time as well. */
const MOST_ROUNDS = 10;
const UNSETTLED_PAUSE_MS = 1_000;
/** Steps that may take longer than the watchdog waits, with the time that bounds each, milliseconds. */
const LONG_STEPS: { readonly [Kind in Step['kind']]?: number } = {
  'load-image': 11 * 60_000,
  'compose-up': 6 * 60_000,
  'compose-down': 6 * 60_000,
  'start-container': 2 * 60_000,
};
/** A service that has served this long since it was last healed has proved itself. */
const FORGIVEN_AFTER_MS = 10 * 60_000;

export interface LoopPorts {
  readonly clock: Clock;
  readonly store: Store;
  readonly memory: Memory;
  readonly incidents: IncidentLog;
  readonly executors: Executors;
  /** Looks at the machine; `afresh`: not even what seldom changes may be taken from an earlier look. */
  readonly observe: (afresh: boolean) => Promise<Observed>;
  readonly desire: (observed: Observed) => Desired | null;
  /** Called in each round before anything is done about what it saw. */
  readonly onObserved: (observed: Observed, desired: Desired | null) => void;
  /** Called at the end of each round: the watchdog is fed here, by progress and not by a timer. */
  readonly report: (observed: Observed, desired: Desired | null) => Promise<void>;
  /** Tells the service manager that the next report may be this long in coming, milliseconds. */
  readonly allowTime: (ms: number) => Promise<void>;
  readonly log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
}

export interface Loop {
  /** Asks for a look at the machine, soon: something happened. */
  wake(): void;
  /** Asks for the regular look: as far as anybody knows, nothing happened. */
  beat(): void;
  /** Takes in an engine event and wakes. */
  engineEvent(event: EngineEvent): void;
  /**
   * Works until nothing is left to do now; resolves to the milliseconds until something is, null when nothing waits.
   */
  settle(): Promise<number | null>;
  /** Settles, sleeps until woken or due, and so on until the signal aborts; ends after the round under way. */
  run(signal: AbortSignal): Promise<void>;
}

/** observe → plan → perform, one round at a time, until nothing is left to do; then it sleeps until woken. */
export function createLoop(ports: LoopPorts): Loop {
  const { clock, memory, log } = ports;
  const recorder = createStepRecorder(ports.store, ports.incidents.open);
  let events: EngineEvent[] = [];
  /** Services that a step of ours is changing: what dies meanwhile is no incident. */
  let acting: readonly string[] = [];
  let awake = true;
  let afresh = true;
  let interrupt: (() => void) | null = null;

  const beat = () => {
    awake = true;
    interrupt?.();
  };
  const wake = () => {
    afresh = true;
    beat();
  };

  async function round(): Promise<Plan> {
    const arrived = events;
    events = [];
    const allAnew = afresh;
    afresh = false;
    const observed = await ports.observe(allAnew);
    const desired = ports.desire(observed);
    ports.onObserved(observed, desired);
    if (desired !== null) {
      takeNote(observed, desired, arrived);
      adoptTable(observed, desired, memory);
    }
    const next = plan(observed, desired, memory.history(), clock.now());
    for (const step of next.steps) {
      const limitMs = LONG_STEPS[step.kind];
      if (limitMs !== undefined) {
        // What is about to be done is shown while it is done, and the watchdog knows how long that may take.
        await ports.report(observed, desired);
        await ports.allowTime(limitMs);
      }
      await carryOut(step);
    }
    // What was done shows in the next look only if that is a look.
    afresh ||= next.steps.some(showsInALook);
    await ports.report(observed, desired);
    return next;
  }

  function takeNote(observed: Observed, desired: Desired, arrived: readonly EngineEvent[]): void {
    const now = clock.now();
    const { holds, attempts, kills } = memory.history();
    for (const change of ports.incidents.update({
      observed,
      desired,
      holds,
      events: arrived,
      kills,
      now,
    })) {
      log.info(change, change.kind === 'open' ? 'a service died' : 'an incident is over');
    }
    for (const { name } of desired.services) {
      const last = attempts.get(serviceKey(name))?.at(-1);
      const since = last && elapsedMs(last, now);
      if (observed.verdicts.get(name)?.ok && since && since > FORGIVEN_AFTER_MS) {
        memory.succeeded([serviceKey(name)]);
      }
    }
  }

  async function carryOut(step: Step): Promise<void> {
    const startedAt = clock.now();
    const keys = attemptKeys(step);
    memory.attempted(keys, startedAt);
    const record = recorder.begin(step, startedAt);
    acting = servicesOf(step);
    try {
      const action = await perform(ports.executors, step);
      record.conclude('ok', action, clock.now());
      // A service proves itself by serving, not by having been started.
      if (step.kind !== 'start-container' && step.kind !== 'compose-up') memory.succeeded(keys);
      log.info({ step: step.kind, why: step.why }, action);
    } catch (error) {
      record.conclude('failed', describeError(error), clock.now());
      const code = error instanceof AgentError ? error.code : 'STEP_FAILED';
      log.error({ step: step.kind, why: step.why, code, error: describeError(error) }, 'a step failed');
    } finally {
      ports.incidents.changedByUs(acting);
      acting = [];
    }
  }

  async function settle(): Promise<number | null> {
    try {
      for (let rounds = 0; rounds < MOST_ROUNDS; rounds += 1) {
        const { steps, dueInMs } = await round();
        if (steps.length === 0) return dueInMs;
      }
    } catch (error) {
      // Nothing is expected to throw here. If it goes on, the watchdog is not fed and ends this process.
      log.error({ error: describeError(error) }, 'a round failed');
    }
    return UNSETTLED_PAUSE_MS;
  }

  return {
    wake,
    settle,
    beat,
    engineEvent(event) {
      memory.noteEvent(event, clock.now());
      if (event.service !== null && !acting.includes(event.service)) {
        events.push(event);
      }
      wake();
    },
    async run(signal) {
      signal.addEventListener('abort', wake, { once: true });
      while (!signal.aborted) {
        awake = false;
        const dueInMs = await settle();
        if (awake || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          const timer = dueInMs === null ? undefined : setTimeout(resolve, dueInMs);
          interrupt = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
  };
}

/** Whether there is anything to look at after a step: connections are not looked at, but when they are cleaned. */
const showsInALook = ({ kind }: Step) => kind !== 'clean-conntrack';

/** After a restart of the agent, a table that is as it should be counts as applied: from here on drift shows. */
function adoptTable({ table }: Observed, desired: Desired, memory: Memory): void {
  if (memory.history().applied !== null || !table.ok || table.value === null) return;
  if (differences(desired.table, table.value).length === 0) memory.applied(desired.table, table.value);
}
