import { elapsedMs, type Instant } from '../system/clock.ts';

/** How fast something that costs nothing but time may be tried again; for ever. */
export interface Beat {
  /** Wait after the first failed attempt, milliseconds; doubles with each further one. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** Rules, files, images. What heals services climbs a ladder instead. */
export const INFRASTRUCTURE_BEAT: Beat = { firstDelayMs: 500, maxDelayMs: 60_000 };

/** What makes room, and is no remedy where it fails: the archive of an image is read as a whole each time. */
export const TIDYING_BEAT: Beat = { firstDelayMs: 300_000, maxDelayMs: 3_600_000 };

/** Milliseconds until the next attempt is due. */
export function nextTry(
  attempts: readonly Instant[],
  { firstDelayMs, maxDelayMs }: Beat,
  now: Instant,
): number {
  const ages = attempts.flatMap((attempt) => elapsedMs(attempt, now) ?? []);
  const sinceLast = ages.at(-1);
  if (sinceLast === undefined) return 0;
  return Math.max(0, Math.min(firstDelayMs * 2 ** (ages.length - 1), maxDelayMs) - sinceLast);
}
