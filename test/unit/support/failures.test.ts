import test from 'ava';
import { failures } from '../../support/failures.ts';

const file = `${process.cwd()}/test/unit/a.test.ts`;

test('what failed is named with its file and the first lines of its error, what passed is not', (t) => {
  const error = [
    '\u001B[31mrefused\u001B[39m',
    '',
    ...Array.from({ length: 40 }, (_, i) => `line ${i}`),
  ].join('\n');
  const said = failures('unit', [
    { type: 'selected-test', testFile: file, title: 'x' },
    { type: 'selected-test', testFile: file, title: 'y' },
    { type: 'test-passed', testFile: file, title: 'x' },
    { type: 'test-failed', testFile: file, title: 'y', error },
    { type: 'end' },
  ]);
  t.is(said.length, 1);
  const lines = said[0]?.split('\n') ?? [];
  t.is(lines[0], '✘ unit › test/unit/a.test.ts › y › test-failed');
  t.is(lines[1], '    refused');
  t.is(lines.length, 12, 'a dozen lines of the error, the empty one left out');
});

test('a test that never ended, and a file that crashed, are named too', (t) => {
  t.deepEqual(
    failures('install', [
      { type: 'selected-test', testFile: file, title: 'x' },
      { type: 'selected-test', testFile: file, title: 'later', todo: true },
      { type: 'process-exit', testFile: file },
    ]),
    ['✘ install › test/unit/a.test.ts › x › did not end', '✘ install › test/unit/a.test.ts › process-exit'],
  );
});

test('a run without a failure has nothing to say', (t) => {
  t.deepEqual(
    failures('unit', [
      { type: 'selected-test', testFile: file, title: 'x' },
      { type: 'test-passed', testFile: file, title: 'x' },
      { type: 'end' },
    ]),
    [],
  );
});
