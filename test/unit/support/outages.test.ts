import test from 'ava';
import { outages } from '../../support/outages.ts';

/** Requests 5 ms apart; `x` was answered, `.` was not. */
const series = (text: string) =>
  [...text].map((mark, index) => ({ sentMs: 1000 + index * 5, answered: mark === 'x' }));

test('a service that always answers has no outage', (t) => {
  t.deepEqual(outages(series('xxxxx')), []);
  t.deepEqual(outages([]), []);
});

test('an outage lasts from the first lost request to the next answered one', (t) => {
  t.deepEqual(outages(series('xx...xx.x')), [
    { fromMs: 10, ms: 15, lost: 3 },
    { fromMs: 35, ms: 5, lost: 1 },
  ]);
});

test('an outage at the beginning and one that never ends are outages', (t) => {
  t.deepEqual(outages(series('..x....')), [
    { fromMs: 0, ms: 10, lost: 2 },
    { fromMs: 15, ms: 15, lost: 4 },
  ]);
});
