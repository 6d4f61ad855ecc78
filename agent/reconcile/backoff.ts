import { elapsedMs, type Instant } from '../system/clock.ts';

/** How often, and how fast, something may be tried again. */
export interface Beat {
  /** Wait after the first failed attempt, milliseconds; doubles with each further one. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Attempts within `windowMs` after which only the slow beat is left. */
  readonly budget: number;
  readonly windowMs: number;
  readonly slowBeatMs: number;
}

/** Steps that cost nothing but time: rules, files, images. */
export const INFRASTRUCTURE_BEAT: Beat = {
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  budget: 20,
  windowMs: 30 * 60_000,
  slowBeatMs: 60_000,
};

/** Starting a service again. The figures are argued in docs/healing.md. */
export const SERVICE_BEAT: Beat = {
  firstDelayMs: 1_000,
  maxDelayMs: 300_000,
  budget: 10,
  windowMs: 30 * 60_000,
  slowBeatMs: 300_000,
};

export interface Turn {
  readonly dueInMs: number;
  /** Attempts of this boot that count. */
  readonly attempts: number;
  readonly budgetSpent: boolean;
}

/**
 * When the next attempt is due. Attempts of another boot do not count: their monotonic time cannot be compared,
 * and a reboot is itself a rung.
 */
export function nextTurn(attempts: readonly Instant[], beat: Beat, now: Instant): Turn {
  const ages = attempts
    .map((attempt) => elapsedMs(attempt, now))
    .filter((age): age is number => age !== null && age < beat.windowMs);
  const sinceLast = ages.at(-1);
  if (sinceLast === undefined) return { dueInMs: 0, attempts: 0, budgetSpent: false };
  const budgetSpent = ages.length >= beat.budget;
  const delay = budgetSpent
    ? beat.slowBeatMs
    : Math.min(beat.firstDelayMs * 2 ** (ages.length - 1), beat.maxDelayMs);
  return { dueInMs: Math.max(0, delay - sinceLast), attempts: ages.length, budgetSpent };
}
