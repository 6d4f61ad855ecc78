import type { Totals } from './tally.ts';

export function inWords({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** What a run says at its end, the totals last, and its exit status: 0 only when all is well. */
export function conclusion(
  totals: Totals,
  run: { readonly inCi: boolean; readonly interrupted: boolean },
): { readonly lines: readonly string[]; readonly exitCode: 0 | 1 } {
  const skipCounts = run.inCi && totals.skipped > 0;
  return {
    lines: [
      ...(run.interrupted ? ['interrupted: these are not the totals of a whole run'] : []),
      ...(skipCounts ? ['in CI a skipped test counts as a failure'] : []),
      inWords(totals),
    ],
    exitCode: totals.failed > 0 || skipCounts || run.interrupted ? 1 : 0,
  };
}
