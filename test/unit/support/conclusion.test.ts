import test from 'ava';
import { conclusion } from '../../support/conclusion.ts';
import { sum, tally } from '../../support/tally.ts';

const calm = { inCi: false, interrupted: false };

test('a run ends on its totals, and with 0 only when nothing failed', (t) => {
  t.deepEqual(conclusion({ passed: 3, failed: 0, skipped: 2 }, calm), {
    lines: ['3 passed, 0 failed, 2 skipped'],
    exitCode: 0,
  });
  t.is(conclusion({ passed: 3, failed: 1, skipped: 0 }, calm).exitCode, 1);
});

test('in CI a skip is a failure', (t) => {
  t.deepEqual(conclusion({ passed: 3, failed: 0, skipped: 1 }, { ...calm, inCi: true }), {
    lines: ['in CI a skipped test counts as a failure', '3 passed, 0 failed, 1 skipped'],
    exitCode: 1,
  });
  t.is(conclusion({ passed: 3, failed: 0, skipped: 0 }, { ...calm, inCi: true }).exitCode, 0);
});

test('an interrupted run is not a success', (t) => {
  const { lines, exitCode } = conclusion(
    { passed: 3, failed: 0, skipped: 0 },
    { ...calm, interrupted: true },
  );
  t.is(exitCode, 1);
  t.is(lines.at(-1), '3 passed, 0 failed, 0 skipped');
});

test('totals are summed over tiers', (t) => {
  t.deepEqual(
    sum([
      { passed: 1, failed: 2, skipped: 3 },
      { passed: 10, failed: 20, skipped: 30 },
    ]),
    { passed: 11, failed: 22, skipped: 33 },
  );
});

test('a run that ava did not bring to its end is a failure, whatever passed', (t) => {
  const events = [
    { type: 'declared-test', testFile: 'a', title: 'x' },
    { type: 'selected-test', testFile: 'a', title: 'x' },
    { type: 'test-passed', testFile: 'a', title: 'x' },
  ];
  t.deepEqual(tally(events), { passed: 1, failed: 1, skipped: 0 });
  t.deepEqual(tally([...events, { type: 'end' }]), { passed: 1, failed: 0, skipped: 0 });
  t.deepEqual(tally([...events, { type: 'internal-error' }, { type: 'end' }]), {
    passed: 1,
    failed: 1,
    skipped: 0,
  });
});
