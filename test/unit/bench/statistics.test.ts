import test from 'ava';
import { median, quantile } from '../../bench/statistics.ts';

test('a quantile is a value that was measured, by nearest rank', (t) => {
  const values = Array.from({ length: 30 }, (_, index) => 30 - index);
  t.is(quantile(values, 0.5), 15);
  t.is(quantile(values, 0.95), 29);
  t.is(quantile(values, 1), 30);
  t.is(quantile(values, 0), 1);
});

test('the median of numbers is not that of their texts', (t) => {
  t.is(median([100, 9, 20]), 20);
  t.is(median([4, 3, 2, 1]), 2);
});

test('no values have no quantile', (t) => {
  t.throws(() => median([]), { message: /no values/ });
});
