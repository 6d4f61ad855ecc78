import type { Attempt } from '../store/types.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';
import type { Desired, Observed } from './types.ts';

/** Whose attempts may be forgotten: it serves, and has not needed another for long enough. */
export function proved(
  { engine, verdicts }: Observed,
  { services, healing }: Desired,
  ledger: readonly Attempt[],
  now: Instant,
): readonly string[] {
  const serving = services.map(({ name }) => name).filter((name) => verdicts.get(name)?.ok);
  return [...serving, ...(engine.ok ? ['engine'] : [])].filter((subject) => {
    const last = ledger.findLast((attempt) => attempt.subject === subject)?.at;
    // How long ago one of a former boot was cannot be told: this boot has to last so long.
    return last !== undefined && (elapsedMs(last, now) ?? now.monotonicMs) > healing.forgiveAfter;
  });
}
