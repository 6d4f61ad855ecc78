import test from 'ava';
import { plan } from '../../../agent/reconcile/plan.ts';
import { beginRun } from '../../../agent/reconcile/restraint.ts';
import type { Store } from '../../../agent/store/types.ts';
import { at, desire, healthy, history } from './world.ts';

/** The part of the store that remembers runs, and what was recorded. */
function remembering() {
  const values = new Map<string, string>();
  const events: string[] = [];
  const store = {
    get: (key: string) => values.get(key) ?? null,
    set: (key: string, value: string) => void values.set(key, value),
    record: ({ kind, cause }: { kind: string; cause: string }) => events.push(`${kind}: ${cause}`),
    conclude: (_id: number, { action }: { action: string }) => events.push(action) > 0,
  } as unknown as Store;
  return { store, events };
}
const MINUTE = 60_000;

test('three starts after ends that nobody asked for, within ten minutes: the agent only observes, and says so', (t) => {
  const { store, events } = remembering();
  const starts = [0, 1, 2, 3].map((minutes) => beginRun(store, at(minutes * MINUTE)).since());
  t.deepEqual(starts, [null, null, null, at(3 * MINUTE)]);
  t.deepEqual(events, ['only-observes: it ended 3 times within 10 minutes without having been asked to']);
});

test('starts further apart, ends in order, and ends by a reboot do not count', (t) => {
  const seldom = remembering();
  for (const minutes of [0, 6, 12, 18, 24]) t.is(beginRun(seldom.store, at(minutes * MINUTE)).since(), null);
  const inOrder = remembering();
  for (const ms of [0, 1, 2, 3, 4]) {
    const run = beginRun(inOrder.store, at(ms));
    t.is(run.since(), null);
    run.stopped();
  }
  const reboots = remembering();
  for (const boot of ['1', '2', '3', '4', '5']) t.is(beginRun(reboots.store, at(1_000, boot)).since(), null);
});

test('after ten quiet minutes it acts again, and the next unclean end is the first', (t) => {
  const { store, events } = remembering();
  for (const ms of [0, 1, 2]) beginRun(store, at(ms));
  const run = beginRun(store, at(3));
  run.look(at(10 * MINUTE + 2));
  t.deepEqual(run.since(), at(3));
  run.look(at(10 * MINUTE + 3));
  t.is(run.since(), null);
  t.is(events.at(-1), 'changed nothing until it had run quietly');
  t.is(beginRun(store, at(10 * MINUTE + 4)).since(), null);
});

test('an operator lets it act again at once', (t) => {
  const { store } = remembering();
  for (const ms of [0, 1, 2]) beginRun(store, at(ms));
  const run = beginRun(store, at(3));
  t.true(run.end('an operator', at(4)));
  t.is(run.since(), null);
  t.false(run.end('an operator', at(5)));
});

test('an agent that only observes plans nothing, whatever is wrong', async (t) => {
  const observed = await healthy({ livekit: 'absent' });
  const past = { ...history, restrainedSince: at(0) };
  t.deepEqual(plan({ ...observed, table: { ok: true, value: null } }, desire(observed), past, at(MINUTE)), {
    steps: [],
    dueInMs: 9 * MINUTE,
  });
});

test('an agent that only observes still rolls back a perimeter that was on trial, for it may lock its operator out', async (t) => {
  const observed = await healthy({ livekit: 'absent' });
  const trial = { management: { networks: 'any' as const, ports: [] }, since: at(0), lastsMs: MINUTE };
  const past = { ...history, restrainedSince: at(0), perimeter: { ...history.perimeter, trial } };
  const { steps } = plan(observed, desire(observed), past, at(2 * MINUTE));
  t.true(steps.length > 0);
  t.true(
    steps.every(({ kind }) => /perimeter|table|conntrack/.test(kind)),
    JSON.stringify(steps),
  );
});
