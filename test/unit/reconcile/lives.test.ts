import test from 'ava';
import { livesOf } from '../../../agent/reconcile/lives.ts';
import { container } from './world.ts';

test('another start of a container, or another container, is another life; one that does not run has none', (t) => {
  const lifeOf = (...changes: Parameters<typeof container>[2][]) =>
    livesOf(changes.map((change) => container('livekit', '1', change))).get('livekit');
  const life = lifeOf({});
  t.is(lifeOf({ restartCount: 1 }), life);
  t.not(lifeOf({ startedAt: '2026-01-01T00:00:01Z' }), life);
  t.not(lifeOf({ id: 'another' }), life);
  t.is(lifeOf({ state: 'exited' }), undefined);
});
