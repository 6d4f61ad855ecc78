/** What `test/ava.config.js` keeps of one event of an ava run. */
export interface RunEvent {
  readonly type: string;
  readonly testFile?: string;
  readonly title?: string;
  readonly skip?: boolean;
  readonly todo?: boolean;
  readonly knownFailing?: boolean;
  /** What the failure said, lines of text. */
  readonly error?: string;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NO_TESTS: Totals = { passed: 0, failed: 0, skipped: 0 };

export function sum(totals: readonly Totals[]): Totals {
  return totals.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
    NO_TESTS,
  );
}

/** Events after which a file has failed even if each of its tests has passed. */
export const BREAKING: ReadonlySet<string> = new Set([
  'hook-failed',
  'internal-error',
  'missing-ava-import',
  'process-exit',
  'shared-worker-error',
  'timeout',
  'uncaught-exception',
  'unhandled-rejection',
  'worker-failed',
]);

/**
 * The true totals of a run. A test that was selected and never ended has failed; so has, with one failure at least,
 * a file that crashed or has no tests, and a run that did not come to its end. A test that was not run for another's
 * `.only`, or is known to fail, or is to be written, counts as skipped.
 */
export function tally(events: readonly RunEvent[]): Totals {
  const ended = events.some(({ type }) => type === 'end');
  const files = new Set(events.flatMap(({ testFile }) => testFile ?? []));
  const totals = sum([...files].map((file) => tallyFile(events.filter(({ testFile }) => testFile === file))));
  const broken = !ended || files.size === 0 || events.some(({ type }) => BREAKING.has(type));
  return broken ? { ...totals, failed: Math.max(1, totals.failed) } : totals;
}

/** The totals of one file, from its events. */
export function tallyFile(events: readonly RunEvent[]): Totals {
  const count = (matches: (event: RunEvent) => boolean) => events.filter(matches).length;
  const declared = count(({ type }) => type === 'declared-test');
  const notRun = count(
    ({ type, skip, todo }) => type === 'selected-test' && (skip === true || todo === true),
  );
  const toRun = count(({ type, skip, todo }) => type === 'selected-test' && !skip && !todo);
  const passed = count(({ type, knownFailing }) => type === 'test-passed' && !knownFailing);
  const knownFailing = count((event) => event.type === 'test-passed' && event.knownFailing === true);
  const notPassed = toRun - passed - knownFailing;
  const broken = declared === 0 || events.some(({ type }) => BREAKING.has(type));
  return {
    passed,
    failed: broken ? Math.max(1, notPassed) : notPassed,
    skipped: notRun + knownFailing + Math.max(0, declared - toRun - notRun),
  };
}
