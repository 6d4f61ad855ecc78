import test from 'ava';
import { type ConditionResult, toProblems } from '../../../agent/conditions/problems.ts';
import type { Condition, Finding } from '../../../agent/conditions/types.ts';
import type { Severity } from '../../../agent/control/status.ts';

const NOW = '2026-11-22T13:00:00.000Z';
const EARLIER = '2026-11-22T12:00:00.000Z';

function result(
  code: string,
  severity: Severity,
  finding: Finding,
  dependsOn: string[] = [],
): ConditionResult {
  const condition: Condition = {
    code,
    severity,
    title: `title of ${code}`,
    check: code,
    meaning: 'meaning',
    remedy: 'remedy',
    dependsOn,
    evaluate: () => finding,
  };
  return { condition, finding };
}
const bad = (severity?: Severity): Finding => ({
  state: 'bad',
  evidence: 'seen',
  next: 'do',
  ...(severity && { severity }),
});

test('only bad findings become problems', (t) => {
  const results = [
    result('A_GOOD', 'critical', { state: 'good', evidence: 'fine' }),
    result('B_DARK', 'critical', { state: 'unknown', evidence: 'needs root' }),
    result('C_BAD', 'degraded', bad()),
  ];
  t.deepEqual(toProblems(results, [], NOW), [
    {
      code: 'C_BAD',
      severity: 'degraded',
      title: 'title of C_BAD',
      since: NOW,
      evidence: 'seen',
      next: 'do',
    },
  ]);
});

test('a problem that stays keeps its since, takes the new evidence, and begins anew after it was gone', (t) => {
  const results = [result('C_BAD', 'degraded', bad())];
  const first = toProblems(results, [], EARLIER);
  const stayed = toProblems(results, first, NOW);
  t.is(stayed[0]?.since, EARLIER);
  const gone = toProblems([result('C_BAD', 'degraded', { state: 'good', evidence: '' })], stayed, NOW);
  t.deepEqual(gone, []);
  t.is(toProblems(results, gone, NOW)[0]?.since, NOW);
});

test('the severity of the finding goes before that of the condition', (t) => {
  t.is(toProblems([result('C_BAD', 'info', bad('critical'))], [], NOW)[0]?.severity, 'critical');
});

test('a problem that another one explains is left out while that one is there', (t) => {
  const child = result('CHILD_BAD', 'critical', bad(), ['PARENT_BAD']);
  const codes = (parent: Finding) =>
    toProblems([child, result('PARENT_BAD', 'critical', parent)], [], NOW).map(({ code }) => code);
  t.deepEqual(codes(bad()), ['PARENT_BAD']);
  t.deepEqual(codes({ state: 'good', evidence: '' }), ['CHILD_BAD']);
  t.deepEqual(codes({ state: 'unknown', evidence: '' }), ['CHILD_BAD']);
});

test('an explanation that is less severe does not hide how bad things are', (t) => {
  const child = result('CHILD_BAD', 'critical', bad(), ['PARENT_BAD']);
  const problems = toProblems([result('PARENT_BAD', 'degraded', bad()), child], [], NOW);
  t.deepEqual(
    problems.map(({ code }) => code),
    ['CHILD_BAD', 'PARENT_BAD'],
  );
});

test('the worst comes first, and equals keep their order', (t) => {
  const results = [
    result('A_NOTE', 'info', bad()),
    result('B_BAD', 'degraded', bad()),
    result('C_WORST', 'critical', bad()),
    result('D_BAD', 'degraded', bad()),
  ];
  t.deepEqual(
    toProblems(results, [], NOW).map(({ code }) => code),
    ['C_WORST', 'B_BAD', 'D_BAD', 'A_NOTE'],
  );
});
