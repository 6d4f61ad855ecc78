import test from 'ava';
import { createLogWatch, type WatchedService } from '../../../agent/symptoms/log-watch.ts';
import { LINES, ours } from './lines.ts';

const said = (code: string) => LINES.find(({ told }) => told?.[0] === code)?.line ?? '';
const START = Date.UTC(2026, 10, 22, 13);
const MINUTE = 60_000;

function watching(service: string, write: () => Iterable<string>) {
  let now = 0;
  let inTrouble = false;
  const reads: number[] = [];
  const clock = {
    now: () => ({ bootId: 'boot', monotonicMs: now, wall: new Date(START + now).toISOString() }),
  };
  const services = (): WatchedService[] => [{ service, containerId: 'id', inTrouble }];
  const look = createLogWatch({
    clock,
    services,
    ours: () => ours,
    read: async function* (_id, since) {
      reads.push(since * 1000 - START);
      yield* write();
    },
  });
  return {
    reads,
    async lookAfter(ms: number) {
      now += ms;
      const seen = await look();
      return seen.known ? seen.value.map(({ code, evidence }) => `${code}: ${evidence}`) : seen.why;
    },
    trouble: (is: boolean) => {
      inTrouble = is;
    },
  };
}

test('a service that is well is read every five minutes, one in trouble every thirty seconds, and each from where it was left', async (t) => {
  const watch = watching('lk-jwt', () => []);
  for (let beats = 0; beats < 20; beats += 1) await watch.lookAfter(30_000);
  t.deepEqual(watch.reads, [30_000 - 5 * MINUTE, 30_000]);
  watch.trouble(true);
  await watch.lookAfter(30_000);
  await watch.lookAfter(30_000);
  t.deepEqual(watch.reads.slice(2), [5 * MINUTE + 30_000, 10 * MINUTE + 30_000]);
});

test('what was said is told with how often and when, and forgotten half an hour after the last time', async (t) => {
  let lines = [said('ROOM_NOT_MADE'), said('ROOM_NOT_MADE')];
  const watch = watching('lk-jwt', () => lines);
  const told = ['ROOM_NOT_MADE: connection refused (2 times, the last one seen at 2026-11-22T13:00:00.000Z)'];
  t.deepEqual(await watch.lookAfter(0), told);
  lines = [];
  t.deepEqual(await watch.lookAfter(29 * MINUTE), told);
  t.deepEqual(await watch.lookAfter(MINUTE), []);
});

test('one participant without media is no news, three are', async (t) => {
  const line = said('MEDIA_NEVER_CAME');
  const watch = watching('livekit', () => [line]);
  t.deepEqual(await watch.lookAfter(0), []);
  t.deepEqual(await watch.lookAfter(5 * MINUTE), []);
  t.regex(String(await watch.lookAfter(5 * MINUTE)), /^MEDIA_NEVER_CAME: .*3 times/);
});

test('of a flood no more than a bounded part is read', async (t) => {
  let written = 0;
  const watch = watching('coturn', function* () {
    for (; written < 1_000_000; written += 1) yield 'x'.repeat(1024);
  });
  t.deepEqual(await watch.lookAfter(0), []);
  t.true(written < 300, String(written));
});

test('logs that cannot be read are unknown, never good', async (t) => {
  const watch = watching('coturn', () => {
    throw new Error('the engine does not answer');
  });
  t.is(await watch.lookAfter(0), 'logs could not be read: the engine does not answer');
});
