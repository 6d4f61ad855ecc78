import type { Clock, Instant } from '../system/clock.ts';
import { elapsedMs } from '../system/clock.ts';
import type { ProbeBudgets } from './budgets.ts';
import type { Lives, Silence, Verdict } from './types.ts';

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
   * Asks every one of these services whose turn it is; what is known of other services, and of other lives, is
   * forgotten. Resolves to the milliseconds until the next turn.
   */
  tick(lives: Lives): Promise<number>;
  /** Forgets what is known: the service died, and an answer under way is of its former life. */
  reset(service: string): void;
  /** What was answered in these lives; null: in those that were asked last. */
  verdicts(lives: Lives | null): ReadonlyMap<string, Verdict>;
  silences(lives: Lives | null): ReadonlyMap<string, Silence>;
}

interface Question {
  readonly life: string;
}

interface Known extends Question {
  readonly verdict: Verdict;
  readonly misses: number;
  readonly at: Instant;
  /** When the first of these misses was. */
  readonly missingSince: Instant | null;
  /** Whether it answered. */
  readonly served: boolean;
  /** When it was last asked thoroughly. */
  readonly thoroughAt: Instant;
}

/** Keeps the newest verdict of each service. A success clears all misses. */
export function createProber({ clock, budgetsOf, ask, onChange }: ProberPorts): Prober {
  const known = new Map<string, Known>();
  /** The question that is under way to each service. */
  const asking = new Map<string, Question>();

  function dueInMs(service: string): number {
    const last = known.get(service);
    if (asking.has(service)) return EAGER_EVERY_MS;
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

  async function probe(service: string, life: string): Promise<void> {
    const question = { life };
    asking.set(service, question);
    const begun = clock.now();
    const thorough = isThoroughDue(known.get(service), begun);
    const answer = await ask(service, thorough);
    // It died meanwhile, or lives anew: another question took the place of this one, or will.
    if (asking.get(service) !== question) return;
    asking.delete(service);
    const before = known.get(service);
    const misses = answer.ok ? 0 : (before?.misses ?? 0) + 1;
    const tolerated =
      !answer.ok && before?.verdict.ok === true && misses < budgetsOf(service).readinessMisses;
    const at = clock.now();
    known.set(service, {
      life,
      verdict: tolerated ? before.verdict : answer,
      misses,
      at,
      missingSince: answer.ok ? null : (before?.missingSince ?? at),
      served: answer.ok || (before?.served ?? false),
      thoroughAt: thorough ? begun : (before?.thoroughAt ?? begun),
    });
    if (before?.verdict.ok !== known.get(service)?.verdict.ok) onChange();
  }

  const knownOf = (lives: Lives | null) =>
    [...known].filter(([service, { life }]) => lives === null || life === lives.get(service));

  return {
    async tick(lives) {
      for (const kept of [known, asking]) {
        for (const [service, { life }] of kept) if (life !== lives.get(service)) kept.delete(service);
      }
      await Promise.all(
        [...lives]
          .filter(([service]) => dueInMs(service) === 0)
          .map(([service, life]) => probe(service, life)),
      );
      return lives.size === 0 ? IDLE_MS : Math.min(...[...lives.keys()].map(dueInMs));
    },
    reset(service) {
      asking.delete(service);
      known.delete(service);
    },
    verdicts: (lives) => new Map(knownOf(lives).map(([service, { verdict }]) => [service, verdict])),
    silences: (lives) =>
      new Map(
        knownOf(lives).flatMap(([service, { missingSince: since, misses, served }]) =>
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
