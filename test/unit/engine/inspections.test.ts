import test from 'ava';
import { createInspections } from '../../../agent/engine/inspections.ts';
import type { ContainerAnswer, ListedContainer } from '../../../agent/engine/schemas.ts';

const listed = (Status: string, more: object = {}): ListedContainer => ({
  ...{ Id: 'c1', Image: 'livekit', Labels: {}, Status },
  ...more,
});

/** Inspects the list at times in seconds; how many inspections each took. */
async function counted(...looks: readonly (readonly [atS: number, ...entries: ListedContainer[]])[]) {
  let asked: string[] = [];
  let nowMs = 0;
  const inspect = async (id: string) => {
    asked.push(id);
    return id === 'gone' ? null : ({ Id: id } as ContainerAnswer);
  };
  const inspections = createInspections(inspect, () => nowMs);
  const counts: number[] = [];
  for (const [atS, ...entries] of looks) {
    nowMs = atS * 1000;
    asked = [];
    await inspections(entries);
    counts.push(asked.length);
  }
  return counts;
}

for (const age of ['About a minute', '7 minutes (healthy)', 'About an hour', '3 hours', '2 weeks (Paused)']) {
  test(`a container that is up for ${age} is inspected again after half a minute`, async (t) => {
    const entry = listed(`Up ${age}`);
    t.deepEqual(
      await counted([0, entry], [10, entry], [29, entry], [30, entry], [40, entry]),
      [1, 0, 0, 1, 0],
    );
  });
}

for (const status of [
  'Up Less than a second',
  'Up 1 second',
  'Up 59 seconds',
  'Exited (1) 3 minutes ago',
  'Created',
  '',
])
  test(`one that is "${status}" is inspected each time: it may be another life`, async (t) => {
    t.deepEqual(await counted([0, listed(status)], [1, listed(status)]), [1, 1]);
  });

test('whatever changes in its entry, it is inspected', async (t) => {
  const entry = listed('Up 5 minutes', { NetworkSettings: { Networks: { a: { IPAddress: '10.0.0.2' } } } });
  const moved = listed('Up 5 minutes', { NetworkSettings: { Networks: { a: { IPAddress: '10.0.0.3' } } } });
  t.deepEqual(await counted([0, entry], [1, moved], [2, moved], [3, listed('Up 2 hours')]), [1, 1, 0, 1]);
});

test('each container is looked at by itself, and one that is gone is left out and not remembered', async (t) => {
  const first = listed('Up 5 minutes');
  const gone = listed('Up 5 minutes', { Id: 'gone' });
  t.deepEqual(
    await counted([0, first], [1, first, gone], [2, first, gone], [3], [4, first]),
    [1, 1, 1, 0, 1],
  );
});
