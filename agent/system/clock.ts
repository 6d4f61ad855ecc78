import { readFileSync } from 'node:fs';

/**
 * A moment. `wall` (ISO 8601, UTC) is for people only; decisions compare `bootId` and `monotonicMs`
 * (milliseconds since boot, CLOCK_MONOTONIC), so that a clock step neither starts a storm nor skips a beat.
 */
export interface Instant {
  readonly bootId: string;
  readonly monotonicMs: number;
  readonly wall: string;
}

export interface Clock {
  now(): Instant;
}

/** The machine's clock. Reads the boot id once; it cannot change while this process lives. */
export function systemClock(): Clock {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return {
    now: () => ({
      bootId,
      monotonicMs: Math.round(Number(process.hrtime.bigint() / 1000n) / 1000),
      wall: new Date().toISOString(),
    }),
  };
}

/** Milliseconds from `earlier` to `later`; null when they belong to different boots and cannot be compared. */
export function elapsedMs(earlier: Instant, later: Instant): number | null {
  return earlier.bootId === later.bootId ? later.monotonicMs - earlier.monotonicMs : null;
}

/** What a clock on the wall that is right `now` showed, or will show, at a moment of the same boot; ISO 8601. */
export function wallAt(monotonicMs: number, now: Instant): string {
  return new Date(Date.parse(now.wall) - Math.round(now.monotonicMs - monotonicMs)).toISOString();
}
