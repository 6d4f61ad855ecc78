import test from 'ava';
import {
  formatDuration,
  formatSince,
  formatTime,
  formatTimeNear,
  parseSince,
} from '../../../agent/agentctl/render/times.ts';

process.env.TZ = 'Europe/Berlin';

test('times are local, with the date only where it is another day', (t) => {
  t.is(formatTime('2026-11-22T13:05:12.345Z'), '2026-11-22 14:05:12');
  t.is(formatTimeNear('2026-11-22T13:05:12Z', '2026-11-22T22:59:59Z'), '14:05:12');
  t.is(formatTimeNear('2026-11-22T13:05:12Z', '2026-11-22T23:00:00Z'), '2026-11-22 14:05:12');
  t.is(formatTime('never'), 'never');
});

test('durations are in at most two units', (t) => {
  const texts = [
    0,
    12,
    812,
    2_100,
    9_999,
    10_400,
    59_999,
    60_000,
    3_599_999,
    3_600_000,
    7_500_000,
    100 * 3_600_000,
  ].map(formatDuration);
  t.deepEqual(texts, [
    '0 s',
    '12 ms',
    '0.8 s',
    '2.1 s',
    '10.0 s',
    '10 s',
    '59 s',
    '1 min',
    '59 min',
    '1 h',
    '2 h 5 min',
    '4 d 4 h',
  ]);
  t.is(formatDuration(-5), '0 s');
});

test('a since is a time and a duration in whole seconds', (t) => {
  t.is(formatSince('2026-11-22T13:02:02Z', '2026-11-22T13:05:12Z'), '14:02:02 (3 min)');
  t.is(formatSince('2026-11-22T13:05:10.500Z', '2026-11-22T13:05:12Z'), '14:05:10 (1 s)');
});

test('--since takes durations and times', (t) => {
  t.deepEqual(parseSince('90s'), { kind: 'ago', milliseconds: 90_000 });
  t.deepEqual(parseSince('30m'), { kind: 'ago', milliseconds: 1_800_000 });
  t.deepEqual(parseSince('2h'), { kind: 'ago', milliseconds: 7_200_000 });
  t.deepEqual(parseSince('1d'), { kind: 'ago', milliseconds: 86_400_000 });
  t.deepEqual(parseSince('2026-11-22T13:00:00Z'), {
    kind: 'at',
    epochMs: Date.parse('2026-11-22T13:00:00Z'),
  });
  // Without a zone it is local, as everything that agentctl shows.
  t.deepEqual(parseSince('2026-11-22'), { kind: 'at', epochMs: Date.parse('2026-11-21T23:00:00Z') });
  t.deepEqual(parseSince('2026-11-22T14:00'), { kind: 'at', epochMs: Date.parse('2026-11-22T13:00:00Z') });
});

test('--since refuses what it does not understand', (t) => {
  for (const text of ['', '2', 'h', '2 weeks', '2w', 'yesterday', '2026-13-45', '-2h', '1e3s']) {
    t.throws(() => parseSince(text), { code: 'USAGE' }, text);
  }
});
