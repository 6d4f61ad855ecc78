import { join } from 'node:path';
import test from 'ava';
import { KEPT_EVENTS } from '../../../agent/store/queries.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import { AT, anEvent, handClock, openAt, temporaryFolder } from './_fixtures.ts';

test('an event comes back as it was recorded, with its outcome', (t) => {
  const store = openAt(join(temporaryFolder(t), 'state.db'));
  const id = store.record(anEvent());
  const outcome = {
    action: 'started it again',
    result: 'ok',
    resultDetail: 'serving',
    durationMs: 812.25,
  } as const;
  t.true(store.conclude(id, outcome));
  t.deepEqual(store.events({ limit: 10 }), [{ ...anEvent(), ...outcome, id }]);
  store.close();
});

test('concluding an event that does not exist says so', (t) => {
  const store = openAt(join(temporaryFolder(t), 'state.db'));
  t.false(store.conclude(77, { action: null, result: 'ok', resultDetail: '', durationMs: null }));
  store.close();
});

test('events come newest last, bounded by the limit and by the id that was seen', (t) => {
  const store = openAt(join(temporaryFolder(t), 'state.db'));
  const ids = [1, 2, 3, 4, 5].map((number) => store.record(anEvent({ cause: `cause ${number}` })));
  const causes = (query: { limit: number; sinceId?: number }) =>
    store.events(query).map(({ cause }) => cause);
  t.deepEqual(causes({ limit: 2 }), ['cause 4', 'cause 5']);
  t.deepEqual(causes({ limit: 10, sinceId: ids[2] ?? 0 }), ['cause 4', 'cause 5']);
  t.deepEqual(causes({ limit: 1, sinceId: ids[2] ?? 0 }), ['cause 5']);
  t.deepEqual(causes({ limit: 10, sinceId: ids[4] ?? 0 }), []);
  t.deepEqual(causes({ limit: 0 }), []);
  t.deepEqual(causes({ limit: -1 }), []);
  store.close();
});

test('pending events of former runs are closed as interrupted, those of this run are not', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const former = openAt(path);
  const pending = former.record(anEvent({ result: 'pending' }));
  former.record(anEvent({ result: 'ok' }));
  former.close();

  const store = openAt(path);
  const ours = store.record(anEvent({ result: 'pending' }));
  t.is(store.closeInterrupted(), 1);
  t.is(store.closeInterrupted(), 0);
  const results = new Map(store.events({ limit: 10 }).map(({ id, result }) => [id, result]));
  t.is(results.get(pending), 'interrupted');
  t.is(results.get(ours), 'pending');
  store.close();
});

test('a hold survives a restart until it is released', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const first = openAt(path);
  first.hold({ service: 'livekit', since: AT, reason: 'docker stop', until: 'started', forMs: null });
  first.hold({ service: 'coturn', since: AT, reason: 'docker stop', until: 'started', forMs: null });
  first.hold({
    service: 'coturn',
    since: { ...AT, monotonicMs: 9000 },
    reason: 'agentctl hold',
    until: 'released',
    forMs: null,
  });
  first.close();

  const second = openAt(path);
  t.deepEqual(second.holds(), [
    {
      service: 'coturn',
      since: { ...AT, monotonicMs: 9000 },
      reason: 'agentctl hold',
      until: 'released',
      forMs: null,
    },
    { service: 'livekit', since: AT, reason: 'docker stop', until: 'started', forMs: null },
  ]);
  t.true(second.release('coturn'));
  t.false(second.release('coturn'));
  t.deepEqual(
    second.holds().map(({ service }) => service),
    ['livekit'],
  );
  second.close();
});

test('provisioning steps keep the order in which they first ran, and their newest state', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const store = openAt(path);
  store.provisioned({ step: 'images', state: 'running', at: AT, detail: '' });
  store.provisioned({ step: 'engine', state: 'done', at: AT, detail: '20.10.24' });
  store.provisioned({
    step: 'images',
    state: 'failed',
    at: { ...AT, bootId: 'boot-2' },
    detail: 'no archive',
  });
  store.close();
  const again = openAt(path);
  t.deepEqual(again.provisioning(), [
    { step: 'images', state: 'failed', at: { ...AT, bootId: 'boot-2' }, detail: 'no archive' },
    { step: 'engine', state: 'done', at: AT, detail: '20.10.24' },
  ]);
  again.close();
});

test('provisioning steps that are forgotten come last when they are done again', (t) => {
  const store = openAt(join(temporaryFolder(t), 'state.db'));
  for (const step of ['engine', 'images', 'stack'])
    store.provisioned({ step, state: 'done', at: AT, detail: '' });
  store.unprovisioned(['images', 'stack', 'nonsense']);
  store.provisioned({ step: 'images', state: 'done', at: { ...AT, bootId: 'boot-2' }, detail: 'loaded' });
  t.deepEqual(store.provisioning(), [
    { step: 'engine', state: 'done', at: AT, detail: '' },
    { step: 'images', state: 'done', at: { ...AT, bootId: 'boot-2' }, detail: 'loaded' },
  ]);
  store.close();
});

test('small values are remembered, and text that exceeds a double stays exact', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const store = openAt(path);
  t.is(store.get('engine.since'), null);
  store.set('engine.since', '1700000000000000001');
  store.set('engine.since', '1700000000000000003');
  store.close();
  const again = openAt(path);
  t.is(again.get('engine.since'), '1700000000000000003');
  again.close();
});

test('a value that the schema refuses is an error of ours, not a fault of the disk', (t) => {
  const store = openAt(join(temporaryFolder(t), 'state.db'));
  const error = t.throws(() => store.record(anEvent({ subject: '' })), { instanceOf: AgentError });
  t.is(error?.code, 'STORE_REJECTED');
  t.is(store.condition.state, 'created');
  t.deepEqual(store.events({ limit: 10 }), []);
  store.close();
});

test('a very long evidence is cut, and says by how much', (t) => {
  const store = openAt(join(temporaryFolder(t), 'state.db'));
  store.record(anEvent({ evidence: 'x'.repeat(4100) }));
  t.is(store.events({ limit: 1 })[0]?.evidence, `${'x'.repeat(4000)}… (100 more characters)`);
  store.close();
});

test('only the newest events are kept, and their ids go on rising', (t) => {
  // Below a file there can be no folder, so that this store works in memory: 11,000 commits cost no disk.
  const store = openAt(join(import.meta.filename, 'state.db'), handClock());
  const written = KEPT_EVENTS + 1000;
  for (let number = 1; number <= written; number += 1) store.record(anEvent());
  const events = store.events({ limit: written });
  t.is(events.length, KEPT_EVENTS);
  t.is(events.at(-1)?.id, written);
  t.is(events[0]?.id, written - KEPT_EVENTS + 1);
  store.close();
});
