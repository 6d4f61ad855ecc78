import test from 'ava';
import { mib, ms, table } from '../../bench/markdown.ts';

test('a figure has no more digits than it is worth', (t) => {
  t.deepEqual([0.424, 16.34, 2940.2].map(ms), ['0.42 ms', '16.3 ms', '2,940 ms']);
  t.deepEqual([0, 3_250_586, 2 ** 30].map(mib), ['0 MiB', '3.1 MiB', '1,024 MiB']);
});

test('figures of a table stand at the right', (t) => {
  t.is(table(['', 'p50'], [['ours', '18 µs']]), '|  | p50 |\n| --- | ---: |\n| ours | 18 µs |');
});
