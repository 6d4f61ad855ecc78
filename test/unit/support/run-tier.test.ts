import { basename } from 'node:path';
import test from 'ava';
import { failures } from '../../support/failures.ts';
import { runTier, type TierRun } from '../../support/run-tier.ts';
import { type RunEvent, type Totals, tally, tallyFile } from '../../support/tally.ts';
import type { Tier } from '../../support/tiers.ts';

/** A tier of the named files of fixtures/. */
function tierOf(names: string, limitMs = 60_000): Tier {
  const files = `test/unit/support/fixtures/${names}.fixture.ts`;
  return { name: 'fixtures', files, needs: {}, silenceMs: 30_000, limitMs };
}

/** How to run it, and what it printed. */
function quietRun(changes: Partial<TierRun> = {}): { run: TierRun; printed: string[] } {
  const printed: string[] = [];
  const print = (line: string) => printed.push(line);
  return {
    run: { skip: null, env: {}, root: null, signal: new AbortController().signal, print, ...changes },
    printed,
  };
}

const FILES: readonly (readonly [what: string, fixture: string, expected: Totals])[] = [
  ['a test that passes has passed', 'passing', { passed: 1, failed: 0, skipped: 0 }],
  ['skipped, known to fail, to be written: each is a skip', 'mixed', { passed: 1, failed: 1, skipped: 3 }],
  ['what another test’s `.only` keeps from running is a skip', 'only', { passed: 1, failed: 0, skipped: 1 }],
  ['tests that a crash cut off have failed', 'crashing', { passed: 0, failed: 2, skipped: 0 }],
  ['a file without tests has failed', 'empty', { passed: 0, failed: 1, skipped: 0 }],
  ['an unhandled rejection is a failure', 'rejecting', { passed: 1, failed: 1, skipped: 0 }],
  ['tests that never ran for a broken hook have failed', 'hook', { passed: 0, failed: 2, skipped: 0 }],
  ['a test whose needs are not met is a skip', 'needing', { passed: 1, failed: 0, skipped: 1 }],
  ['no hook runs when every test is skipped', 'skipping', { passed: 0, failed: 0, skipped: 2 }],
];

test('a real run of ava is counted truly: passed, failed, crashed, skipped, never run', async (t) => {
  const { run, printed } = quietRun();
  const events = await runTier(tierOf(`{${FILES.map(([, fixture]) => fixture).join(',')}}`), run);
  const output = printed.join('\n');
  for (const [what, fixture, expected] of FILES) {
    const ofFile = (event: RunEvent) => basename(event.testFile ?? '') === `${fixture}.fixture.ts`;
    t.deepEqual(tallyFile(events.filter(ofFile)), expected, `${what}\n${output}`);
  }
  t.deepEqual(tally(events), { passed: 5, failed: 7, skipped: 7 });
  t.regex(output, /^SKIPPED needs what is not there: needs no-such-command-anywhere \(run: .+\)$/m);
  const said = failures('fixtures', events).join('\n');
  t.regex(said, /mixed\.fixture\.ts › fails › test-failed\n +Test failed via/);
  t.regex(said, /rejecting\.fixture\.ts › unhandled-rejection\n +nobody handles this/);
  t.notRegex(output, /Experiments|configuration from/, 'ava’s remarks on its own configuration are left out');
});

test('a tier that cannot run skips every test and says the tier’s reason', async (t) => {
  const { run, printed } = quietRun({ skip: 'needs root (run: sudo npm test)' });
  t.deepEqual(tally(await runTier(tierOf('needing'), run)), { passed: 0, failed: 0, skipped: 2 });
  t.regex(printed.join('\n'), /^SKIPPED needs nothing and runs: needs root \(run: sudo npm test\)$/m);
});

test('a tier without files has failed', async (t) => {
  t.deepEqual(tally(await runTier(tierOf('no-such'), quietRun().run)), { passed: 0, failed: 1, skipped: 0 });
});

test('an interrupted tier ends at once, and what was running has failed', async (t) => {
  const interruption = new AbortController();
  const print = (line: string) => {
    if (line.includes('passes')) interruption.abort();
  };
  const { run } = quietRun({ signal: interruption.signal, print });
  t.deepEqual(tally(await runTier(tierOf('hanging'), run)), { passed: 1, failed: 1, skipped: 0 });
});

test('a tier that does not end is ended at its limit', async (t) => {
  const { run, printed } = quietRun();
  const begun = performance.now();
  // On a busy machine the limit may come before the first test has passed.
  t.is(tally(await runTier(tierOf('hanging', 3000), run)).failed, 1);
  t.true(performance.now() - begun < 15_000);
  t.regex(printed.join('\n'), /^fixtures: not done after 3 s: ended$/m);
});
