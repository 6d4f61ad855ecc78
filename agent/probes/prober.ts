import type { Clock, Instant } from '../system/clock.ts';
import { elapsedMs } from '../system/clock.ts';
import type { ProbeBudgets } from './budgets.ts';
import type { Silence, Verdict } from './types.ts';

/** With nobody to ask, it is looked this often whether there is. */
const IDLE_MS = 10_000;
/** A service that does not serve, yet, is asked often at first: it may have just been started. Then at a slow beat. */
const EAGER_EVERY_MS = 250;
const EAGER_FOR_MS = 15_000;
const SILENT_EVERY_MS = 5_000;
/** Of one that serves, what costs more to ask is asked this often. */
const THOROUGH_EVERY_MS = 60_000;

export interface ProberPorts {
  readonly clock: Clock;
  /** How often a service is asked while it serves, and how many misses in a row are an outage. */
  readonly budgetsOf: (service: string) => Pick<ProbeBudgets, 'interval' | 'readinessMisses'>;
  /** Asks one service, now and then thoroughly; resolves, never rejects. */
  readonly ask: (service: string, thorough: boolean) => Promise<Verdict>;
  /** Called when a service begins or ceases to serve. */
  readonly onChange: () => void;
}

export interface Prober {
  /**
   * Asks every one of these services whose turn it is; the others are forgotten. Resolves to the milliseconds
   * until the next turn.
   */
  tick(running: readonly string[]): Promise<number>;
  /** Forgets what is known: the service died, and an answer under way is of its former life. */
  reset(service: string): void;
  verdicts(): ReadonlyMap<string, Verdict>;
  silences(): ReadonlyMap<string, Silence>;
}

interface Known {
  readonly verdict: Verdict;
  readonly misses: number;
  readonly at: Instant;
  /** When the first of these misses was. */
  readonly missingSince: Instant | null;
  /** Whether it answered in this life. */
  readonly served: boolean;
  /** When it was last asked thoroughly. */
  readonly thoroughAt: Instant;
}

/** Keeps the newest verdict of each service. A success clears all misses. */
export function createProber({ clock, budgetsOf, ask, onChange }: ProberPorts): Prober {
  const known = new Map<string, Known>();
  /** The life of each service that a question is under way to. */
  const asking = new Map<string, number>();
  const lives = new Map<string, number>();

  const lifeOf = (service: string) => lives.get(service) ?? 0;

  function dueInMs(service: string): number {
    const last = known.get(service);
    if (asking.get(service) === lifeOf(service)) return EAGER_EVERY_MS;
    if (last === undefined) return 0;
    const now = clock.now();
    const silentFor = last.missingSince && elapsedMs(last.missingSince, now);
    const every =
      silentFor === null
        ? budgetsOf(service).interval
        : silentFor < EAGER_FOR_MS
          ? EAGER_EVERY_MS
          : SILENT_EVERY_MS;
    return Math.max(0, every - (elapsedMs(last.at, now) ?? every));
  }

  async function probe(service: string): Promise<void> {
    const life = lifeOf(service);
    asking.set(service, life);
    const begun = clock.now();
    const thorough = isThoroughDue(known.get(service), begun);
    const answer = await ask(service, thorough);
    if (life !== lifeOf(service)) return;
    asking.delete(service);
    const before = known.get(service);
    const misses = answer.ok ? 0 : (before?.misses ?? 0) + 1;
    const tolerated =
      !answer.ok && before?.verdict.ok === true && misses < budgetsOf(service).readinessMisses;
    const at = clock.now();
    known.set(service, {
      verdict: tolerated ? before.verdict : answer,
      misses,
      at,
      missingSince: answer.ok ? null : (before?.missingSince ?? at),
      served: answer.ok || (before?.served ?? false),
      thoroughAt: thorough ? begun : (before?.thoroughAt ?? begun),
    });
    if (before?.verdict.ok !== known.get(service)?.verdict.ok) onChange();
  }

  return {
    async tick(running) {
      for (const service of known.keys()) if (!running.includes(service)) known.delete(service);
      await Promise.all(
        running
          .filter((service) => dueInMs(service) === 0 && asking.get(service) !== lifeOf(service))
          .map(probe),
      );
      return running.length === 0 ? IDLE_MS : Math.min(...running.map(dueInMs));
    },
    reset(service) {
      lives.set(service, lifeOf(service) + 1);
      known.delete(service);
    },
    verdicts: () => new Map([...known].map(([service, { verdict }]) => [service, verdict])),
    silences: () =>
      new Map(
        [...known].flatMap(([service, { missingSince: since, misses, served }]) =>
          since === null ? [] : [[service, { since, misses, served }] as const],
        ),
      ),
  };
}

/** The first question of a life, each one after a miss, and now and then. */
function isThoroughDue(last: Known | undefined, now: Instant): boolean {
  if (last === undefined || last.misses > 0) return true;
  return (elapsedMs(last.thoroughAt, now) ?? THOROUGH_EVERY_MS) >= THOROUGH_EVERY_MS;
}
