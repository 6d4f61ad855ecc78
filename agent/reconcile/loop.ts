import type { EngineEvent } from '../engine/types.ts';
import type { Store } from '../store/types.ts';
import type { Clock } from '../system/clock.ts';
import { AgentError, describeError } from '../system/errors.ts';
import { attemptKey, attemptsOf } from './attempt-key.ts';
import { differencesNow, driftSince } from './drift.ts';
import { type Executors, perform } from './executors.ts';
import type { IncidentLog } from './incident-log.ts';
import { isLasting, occupies } from './lanes.ts';
import type { Memory } from './memory.ts';
import { plan } from './plan.ts';
import { proved } from './proved.ts';
import { mediaSent } from './quiet.ts';
import { createStepRecorder, servicesOf } from './step-record.ts';
import type { Plan, Step } from './steps.ts';
import type { Desired, History, NotedEvent, Observed } from './types.ts';

/** A plan that keeps asking for steps without end is a defect; it must not take the machine's time as well. */
const MOST_ROUNDS = 10;
const UNSETTLED_PAUSE_MS = 1_000;

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
  readonly log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
}

export interface Loop {
  /** Asks for a look at the machine, soon: something happened. */
  wake(): void;
  /** Asks for the regular look: as far as anybody knows, nothing happened. */
  beat(): void;
  /** Takes in an engine event and asks for a look. Rules that Docker changed with it are told of by nft. */
  engineEvent(event: EngineEvent): void;
  /**
   * Works until nothing is left to do now and nothing is under way; resolves to the milliseconds until something is
   * due, null when nothing waits.
   */
  settle(): Promise<number | null>;
  /** Works, sleeps until woken or due, and so on until the signal aborts; ends after what is under way. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * observe → plan → perform, one round at a time, until nothing is left to do; then it sleeps until woken. What lasts is
 * begun and not waited for: the next round knows that it is under way, and its end wakes the loop.
 */
export function createLoop(ports: LoopPorts): Loop {
  const { clock, memory, log } = ports;
  const recorder = createStepRecorder(ports.store, ports.incidents.open);
  const lanes = new Set<Promise<void>>();
  let events: NotedEvent[] = [];
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
    memory.restraint.look(clock.now());
    const before = new Set(memory.history().underWay);
    const observed = await ports.observe(allAnew);
    const desired = ports.desire(observed);
    ports.onObserved(observed, desired);
    if (desired !== null) {
      takeNote(observed, desired, arrived, before);
      noteTable(observed, desired, memory);
    }
    const next = plan(observed, desired, historyOf(before), clock.now());
    for (const step of next.steps) {
      if (isLasting(step)) begin(step);
      else await carryOut(step);
    }
    // What was done shows in the next look only if that is a look.
    afresh ||= next.steps.some(showsInALook);
    await ports.report(observed, desired);
    return next;
  }

  /** What was under way when the look began was seen half done, though it may have ended meanwhile. */
  function historyOf(before: ReadonlySet<string>): History {
    const history = memory.history();
    return { ...history, underWay: new Set([...before, ...history.underWay]) };
  }

  function takeNote(
    observed: Observed,
    desired: Desired,
    arrived: readonly NotedEvent[],
    before: ReadonlySet<string>,
  ): void {
    const now = clock.now();
    memory.engineAnswers(observed.engine.ok, now);
    memory.mediaSent(mediaSent(observed, desired), observed.tableReadAt);
    const { ledger } = memory.history();
    for (const change of ports.incidents.update({
      observed,
      desired,
      history: historyOf(before),
      events: arrived,
      now,
    })) {
      log.info(change, change.kind === 'open' ? 'a service failed' : 'an incident is over');
    }
    for (const subject of proved(observed, desired, ledger, now)) memory.forgive(subject);
  }

  function begin(step: Step): void {
    const things = occupies(step);
    memory.began(things);
    ports.incidents.changedByUs(servicesOf(step));
    const lane = carryOut(step).finally(() => {
      memory.ended(things);
      ports.incidents.changedByUs(servicesOf(step));
      lanes.delete(lane);
      wake();
    });
    lanes.add(lane);
  }

  async function carryOut(step: Step): Promise<void> {
    const startedAt = clock.now();
    const attempts = attemptsOf(step, startedAt);
    if (attempts.length === 0) memory.attempted(attemptKey(step), startedAt);
    for (const attempt of attempts) memory.entered(attempt);
    const record = recorder.begin(step, startedAt);
    try {
      const action = await perform(ports.executors, step);
      record.conclude('ok', action, clock.now());
      // What heals proves itself by what it healed serving, not by having been done.
      if (attempts.length === 0) memory.succeeded(attemptKey(step));
      log.info({ step: step.kind, why: step.why }, action);
    } catch (error) {
      record.conclude('failed', describeError(error), clock.now());
      const code = error instanceof AgentError ? error.code : 'STEP_FAILED';
      log.error({ step: step.kind, why: step.why, code, error: describeError(error) }, 'a step failed');
    }
    for (const attempt of attempts) memory.attemptEnded(attempt);
  }

  /** Rounds until one has nothing to begin; what was begun may still be under way. */
  async function work(): Promise<number | null> {
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
    beat,
    async settle() {
      for (;;) {
        awake = false;
        const dueInMs = await work();
        await Promise.all(lanes);
        if (!awake) return dueInMs;
      }
    },
    engineEvent(event) {
      const noted = memory.noteEvent(event, clock.now());
      // What a step of ours is changing dies by it: that is no incident.
      if (event.service !== null && !memory.history().underWay.has(event.service)) events.push(noted);
      beat();
    },
    async run(signal) {
      signal.addEventListener('abort', wake, { once: true });
      while (!signal.aborted) {
        awake = false;
        const dueInMs = await work();
        if (awake || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          const timer = dueInMs === null ? undefined : setTimeout(resolve, dueInMs);
          interrupt = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      await Promise.all(lanes);
    },
  };
}

/** Whether there is anything to look at after a step: connections are not looked at, but when they are cleaned. */
const showsInALook = ({ kind }: Step) => kind !== 'clean-conntrack';

/**
 * A listing that is as it should be is not compared again. After a restart of the agent it counts as the one that we
 * applied: from here on drift shows.
 */
function noteTable({ table }: Observed, desired: Desired, memory: Memory): void {
  if (!table.ok || table.value === null) return;
  const { applied, converged } = memory.history();
  if (differencesNow(converged, desired.table, table.value).length > 0) return;
  if (applied === null) memory.applied(desired.table, table.value);
  memory.converged(desired.table, table.value, driftSince(applied, table.value).length === 0);
}
