import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createImageLoads } from '../../../agent/reconcile/image-loads.ts';
import { loadImage } from '../../../agent/reconcile/load-image.ts';
import { createFakeEngine } from '../../support/fake-engine.ts';
import { handClock, openAt, temporaryFolder } from '../store/_fixtures.ts';

const RELAY = 'appliance-agent/coturn:1';

/** A machine that loads the relay's image in its first boot, is cut off from power at some act, and does so again in its second. */
function machine(t: ExecutionContext) {
  const store = openAt(join(temporaryFolder(t), 'state.db'), handClock());
  t.teardown(() => store.close());
  const { engine } = createFakeEngine(() => 0);
  return {
    torn: (boot: string) => [...createImageLoads(store, boot).torn()],
    /** Resolves to what was done, in order; nothing from `cutAt` on is. */
    async load(boot: string, cutAt = Number.POSITIVE_INFINITY): Promise<readonly string[]> {
      const done: string[] = [];
      const act = async (what: string) => {
        if (done.length === cutAt) throw new Error('the power is gone');
        done.push(what);
      };
      const ports = {
        engine: {
          ...engine,
          loadImage: () => act('load'),
          removeImage: () => act('remove'),
        },
        imageLoads: createImageLoads(store, boot),
        syncDisks: () => act('sync'),
      };
      await loadImage(ports, RELAY, '/archive.tar').catch(() => undefined);
      return done;
    },
  };
}

test('an image is on the disk before its load is over, and then no boot looks at it again', async (t) => {
  const { load, torn } = machine(t);
  t.deepEqual(await load('boot-1'), ['load', 'sync']);
  t.deepEqual([...torn('boot-1'), ...torn('boot-2')], []);
});

for (const cutAt of [0, 1]) {
  test(`after a power cut at act ${cutAt} of a load, the next boot removes what is left before it loads anew`, async (t) => {
    const { load, torn } = machine(t);
    await load('boot-1', cutAt);
    t.deepEqual(torn('boot-1'), [], 'an agent that ended loses nothing of the engine’s');
    t.deepEqual(torn('boot-2'), [RELAY]);
    t.deepEqual(await load('boot-2'), ['load', 'remove', 'load', 'sync']);
    t.deepEqual(torn('boot-3'), []);
  });
}

test('power cuts at any act of the second load leave the third boot to do it all', async (t) => {
  for (const cutAt of [0, 1, 2, 3]) {
    const { load } = machine(t);
    await load('boot-1', 1);
    await load('boot-2', cutAt);
    t.deepEqual(await load('boot-3'), ['load', 'remove', 'load', 'sync'], `cut at ${cutAt}`);
  }
});
