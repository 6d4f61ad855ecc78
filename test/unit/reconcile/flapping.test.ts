import test from 'ava';
import { failuresInWords } from '../../../agent/reconcile/flapping.ts';
import { at } from './world.ts';

const died = (ms: number, exitCode: number, oomKilled = false, boot = 'boot-1') => ({
  service: 'livekit',
  exitCode,
  oomKilled,
  at: at(ms, boot),
});
const NOW = at(10_000_000);

test('five ends within half an hour are flapping, told by how they ended', (t) => {
  const deaths = [1, 2, 3, 4].map((minutes) => died(10_000_000 - minutes * 60_000, 1));
  t.is(failuresInWords('livekit', deaths, NOW), null);
  t.is(
    failuresInWords('livekit', [...deaths, died(9_999_000, 137, true)], NOW),
    'it ended 5 times within 30 minutes: exit 1 (4 times), out of memory (1 times)',
  );
  t.is(failuresInWords('coturn', [...deaths, died(9_999_000, 1)], NOW), null);
});

test('ends of long ago and of another boot are not', (t) => {
  const old = [1, 2, 3, 4].map((count) => died(8_000_000 + count, 1));
  const before = [1, 2, 3, 4].map((count) => died(9_999_000 + count, 1, false, 'boot-0'));
  t.is(failuresInWords('livekit', [...old, ...before, died(9_999_999, 1)], NOW), null);
});
