import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createMemory } from '../../../agent/reconcile/memory.ts';
import { handClock, openAt, temporaryFolder } from '../store/_fixtures.ts';
import { at, desire, healthy, listingOf } from './world.ts';

test('the addresses that coturn was given are remembered in this boot, and are nothing to go by in the next', (t) => {
  const store = openAt(join(temporaryFolder(t), 'state.db'), handClock());
  t.teardown(() => store.close());
  createMemory(store, at(0)).turnAddressesInUse(['192.0.2.10']);
  t.deepEqual(createMemory(store, at(5_000)).history().turnAddresses, ['192.0.2.10']);
  t.is(createMemory(store, at(0, 'boot-2')).history().turnAddresses, null);
});

/** What the engine told of a container of coturn, in this order. */
const told = (...actions: string[]) =>
  actions.map((action, index) => ({
    type: 'container' as const,
    action,
    service: 'coturn',
    containerId: 'old',
    exitCode: null,
    signal: action === 'kill' ? 15 : null,
    timeNano: `${1_000 + index}000000`,
  }));

/** The next run of an agent that tried something at coturn, and what that run makes of former and of new events. */
function nextRun(t: ExecutionContext, { ended, boot = 'boot-1' }: { ended: boolean; boot?: string }) {
  const store = openAt(join(temporaryFolder(t), 'state.db'), handClock());
  t.teardown(() => store.close());
  const attempt = { subject: 'coturn', rung: 'update', at: at(0, boot) };
  store.attempt(attempt);
  if (ended) store.attemptEnded(attempt);
  return createMemory(store, at(5_000));
}

test('a stop that the killed agent’s own step asked for is no operator’s, whether it came before the next run or comes in it', (t) => {
  const before = nextRun(t, { ended: false });
  for (const event of told('create', 'kill', 'die', 'stop')) before.noteFormerEvent(event, at(5_100));
  t.deepEqual([...before.history().stops.keys(), ...before.history().creations.keys()], []);
  const during = nextRun(t, { ended: false });
  for (const event of told('kill')) during.noteFormerEvent(event, at(5_100));
  for (const event of told('die', 'stop')) during.noteEvent(event, at(5_200));
  t.is(during.history().stops.size, 0);
  for (const event of told('start', 'kill', 'die', 'stop')) during.noteEvent(event, at(9_000));
  t.is(during.history().stops.size, 1, 'what is stopped later, an operator stopped');
});

test('a stop while no agent ran is an operator’s, if the agent before had ended what it began, or it was another boot', (t) => {
  for (const former of [{ ended: true }, { ended: false, boot: 'boot-0' }]) {
    const memory = nextRun(t, former);
    for (const event of told('kill', 'die', 'stop')) memory.noteFormerEvent(event, at(5_100));
    t.is(memory.history().stops.size, 1);
  }
});

test('what a container was asked to do belongs to the end that follows, though it runs again or is gone when that is looked at', (t) => {
  for (const after of ['start', 'destroy']) {
    const memory = nextRun(t, { ended: true });
    const kills = told('kill', 'die', after, 'die').map((event) => memory.noteEvent(event, at(5_100)).kill);
    t.deepEqual(
      kills.map((kill) => kill?.signal ?? null),
      [null, 15, 15, null],
      'the second end was asked for by nobody',
    );
  }
});

test('drift is looked for from the newest listing that means what we applied, but not from one that only looks right', async (t) => {
  const store = openAt(join(temporaryFolder(t), 'state.db'), handClock());
  t.teardown(() => store.close());
  const memory = createMemory(store, at(0));
  const { table } = desire(await healthy());
  const [first, second, third] = [await listingOf(table), await listingOf(table), await listingOf(table)];
  memory.converged(table, first, true);
  t.is(memory.history().applied, null, 'nothing was applied yet');
  memory.applied(table, first);
  memory.converged(table, second, true);
  memory.converged(table, third, false);
  t.is(memory.history().applied?.listing, second);
  t.is(memory.history().converged?.listing, third);
});
