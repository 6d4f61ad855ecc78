import test from 'ava';
import { whileStopped } from '../../../agent/backup/stopped-service.ts';
import type { ContainerObservation } from '../../../agent/engine/types.ts';
import { container } from '../reconcile/world.ts';

/** An engine and an agent on which everything that is asked of them is noted; `ends`: the service heeds SIGTERM. */
function world(state: ContainerObservation['state'], ends = true) {
  const done: string[] = [];
  let nowMs = 0;
  let now = state;
  return {
    done,
    ports: {
      engine: {
        containers: async () => [container('tuwunel', 'x', { state: now })],
        kill: async (id: string, signal: string) => {
          done.push(`${signal} ${id}`);
          if (ends) now = 'exited';
        },
        start: async (id: string) => void done.push(`start ${id}`),
      },
      agent: {
        hold: async ({ service, forMs }: { service: string; forMs: number | null }) => {
          done.push(`hold ${service}`);
          if (forMs === null) throw new Error('a hold that nobody would end');
          return { message: '' };
        },
        release: async ({ service }: { service: string }) => {
          done.push(`release ${service}`);
          return { message: '' };
        },
      },
      nowMs: () => {
        nowMs += 20_000;
        return nowMs;
      },
    },
  };
}
const ALL = ['hold tuwunel', 'SIGTERM tuwunel-id', 'work', 'start tuwunel-id', 'release tuwunel'];

test('a service is held, stopped, started and released, and nothing is done while it runs', async (t) => {
  const { done, ports } = world('running');
  const stoppedForMs = await whileStopped('tuwunel', async () => void done.push('work'), ports);
  t.deepEqual(done, ALL);
  t.true(stoppedForMs > 0);
});

test('it is started and released also when the work fails', async (t) => {
  const { done, ports } = world('running');
  const work = async () => {
    done.push('work');
    throw new Error('the disk is full');
  };
  await t.throwsAsync(whileStopped('tuwunel', work, ports), { message: 'the disk is full' });
  t.deepEqual(done, ALL);
});

test('one that does not end is released, and nothing was copied', async (t) => {
  const { done, ports } = world('running', false);
  const work = async () => void done.push('work');
  await t.throwsAsync(whileStopped('tuwunel', work, ports), { message: /did not end within 35 s/ });
  t.deepEqual(done, ['hold tuwunel', 'SIGTERM tuwunel-id', 'release tuwunel']);
});

test('one that does not run is left alone', async (t) => {
  const { done, ports } = world('exited');
  t.is(await whileStopped('tuwunel', async () => void done.push('work'), ports), 0);
  t.deepEqual(done, ['work']);
});
