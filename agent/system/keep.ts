import { type Clock, elapsedMs, type Instant } from './clock.ts';

/**
 * A reading that is worth keeping for a while: it is taken anew when it is older than `maxAgeMs` is now, or when asked to.
 * One that failed is not kept.
 */
export function keep<T>(
  read: () => Promise<T>,
  maxAgeMs: number | (() => number),
  clock: Clock,
): (afresh: boolean) => Promise<T> {
  let kept: { readonly value: T; readonly at: Instant } | null = null;
  return async (afresh) => {
    const at = clock.now();
    const age = kept && elapsedMs(kept.at, at);
    const limit = typeof maxAgeMs === 'number' ? maxAgeMs : maxAgeMs();
    if (kept !== null && !afresh && age !== null && age < limit) return kept.value;
    kept = null;
    const value = await read();
    kept = { value, at };
    return value;
  };
}
