import test from 'ava';
import { createFakeNft } from '../../../agent/nftables/index.ts';
import { plan } from '../../../agent/reconcile/plan.ts';
import {
  mediaSent,
  QUIET_MS,
  quietInMs,
  type Stillness,
  stillnessBy,
} from '../../../agent/reconcile/quiet.ts';
import type { RotationRecord } from '../../../agent/reconcile/rotation-record.ts';
import { rotationsInWords } from '../../../agent/reconcile/rotation-status.ts';
import type { Desired, History, Observed } from '../../../agent/reconcile/types.ts';
import type { Secrets } from '../../../agent/stack/types.ts';
import { simulate } from '../../support/simulation.ts';
import { at, container, desire, healthy, history, secrets } from './world.ts';

const OLD = { turn: secrets.turn };
const NEW = { turn: 'e'.repeat(64) };
const OVERLAP_MS = 3_600_000;
const NOW = at(10_000_000);

/** An appliance in the midst of a rotation on which all else is well, as a plan sees it. */
async function midst(
  stages: Partial<Secrets>,
  record: Partial<RotationRecord> | null,
  changes: {
    readonly cutsCalls?: boolean;
    readonly silentForMs?: number;
    readonly since?: RotationRecord['since'];
  } = {},
): Promise<{ observed: Observed; desired: Desired; past: History }> {
  const { cutsCalls = false, silentForMs = 0 } = changes;
  const observed = await healthy();
  const seen: Observed = { ...observed, secrets: { ok: true, value: { ...secrets, ...stages } } };
  const rules = { overlapMs: OVERLAP_MS, cutsCalls: { switch: cutsCalls, withdraw: cutsCalls } };
  // What is on disk is what is wanted, but for the secrets themselves: as in the world, coturn knows all of them.
  const { files } = desire(observed);
  const desired = { ...desire(seen), files, rotations: new Map([['turn', rules] as const]) };
  const full: RotationRecord = { phase: 'asked', since: NOW, overlapMs: OVERLAP_MS, ...record };
  const past: History = {
    ...history,
    rotations: record === null ? new Map() : new Map([['turn', full] as const]),
    stillness: { packets: 1, since: at(NOW.monotonicMs - silentForMs), until: NOW },
    conntrackCleanedAt: NOW,
  };
  return { observed: seen, desired, past };
}

async function stepIn(...about: Parameters<typeof midst>) {
  const { observed, desired, past } = await midst(...about);
  const { steps, dueInMs } = plan(observed, desired, past, NOW);
  const [step] = steps.filter(({ kind }) => kind === 'rotate-secret');
  return { to: step?.kind === 'rotate-secret' ? step.to : null, dueInMs };
}
const later = (ms: number) => at(NOW.monotonicMs - ms);

test('each phase leads to the next: by the files, whatever was noted', async (t) => {
  t.is((await stepIn({}, null)).to, null, 'nobody asked');
  t.is((await stepIn({}, { phase: 'asked' })).to, 'prepared');
  for (const record of [null, { phase: 'asked' }, { phase: 'prepared' }] as const) {
    t.is((await stepIn({ next: NEW }, record)).to, 'switched');
  }
  for (const record of [null, { phase: 'prepared' }, { phase: 'switched' }] as const) {
    t.is((await stepIn({ ...NEW, previous: OLD }, record)).to, 'overlap');
  }
  t.deepEqual(
    await stepIn({ ...NEW, previous: OLD }, { phase: 'overlap', since: later(OVERLAP_MS - 1_000) }),
    {
      to: null,
      dueInMs: 1_000,
    },
  );
  t.is((await stepIn({ ...NEW, previous: OLD }, { phase: 'overlap', since: later(OVERLAP_MS) })).to, 'over');
});

test('an overlap begins anew with the machine: nobody knows how long that was off', async (t) => {
  const since = at(1, 'boot-0');
  t.is((await stepIn({ ...NEW, previous: OLD }, { phase: 'overlap', since })).to, 'overlap');
});

test('what would end calls waits until nobody is in one', async (t) => {
  const busy = { cutsCalls: true, silentForMs: QUIET_MS - 500 };
  const quiet = { cutsCalls: true, silentForMs: QUIET_MS };
  t.deepEqual(await stepIn({ next: NEW }, { phase: 'prepared' }, busy), { to: null, dueInMs: 500 });
  t.is((await stepIn({ next: NEW }, { phase: 'prepared' }, quiet)).to, 'switched');
  const over = { phase: 'overlap', since: later(OVERLAP_MS) } as const;
  t.is((await stepIn({ ...NEW, previous: OLD }, over, busy)).to, null);
  t.is((await stepIn({ ...NEW, previous: OLD }, over, quiet)).to, 'over');
});

test('the new one is not put in use before all who can accept it do', async (t) => {
  const { observed, desired, past } = await midst({ next: NEW }, { phase: 'prepared' });
  const unwritten = { ...observed, filesOnDisk: new Map() };
  t.deepEqual(
    plan(unwritten, desired, past, NOW).steps.map(({ kind }) => kind),
    ['write-files'],
  );
});

test('the overlap does not begin while a container has not taken up the new one', async (t) => {
  const { observed, desired, past } = await midst({ ...NEW, previous: OLD }, { phase: 'switched' });
  const generations = new Map([...desired.generations, ['livekit', 'another']] as const);
  const { steps } = plan(observed, { ...desired, generations }, past, NOW);
  t.deepEqual(
    steps.map(({ kind }) => kind),
    ['compose-up'],
  );
});

test('a container of somebody else’s, which takes up nothing, keeps no overlap from beginning', async (t) => {
  const { observed, desired, past } = await midst({ ...NEW, previous: OLD }, { phase: 'switched' });
  if (!observed.engine.ok) return t.fail();
  const { value } = observed.engine;
  const containers = [...value.containers, container('postgres', '')];
  const beside: Observed = { ...observed, engine: { ok: true, value: { ...value, containers } } };
  t.like(plan(beside, desired, past, NOW).steps[0], { kind: 'rotate-secret', to: 'overlap' });
});

test('a person is told what it waits for, and until when', async (t) => {
  const words = async (...about: Parameters<typeof midst>) => {
    const { observed, desired, past } = await midst(...about);
    return rotationsInWords(observed, desired, past, NOW);
  };
  t.is(await words({}, null), null);
  t.regex((await words({ next: NEW }, null, { cutsCalls: true })) ?? '', /when nobody is in a call/);
  const overlap = await words({ ...NEW, previous: OLD }, { phase: 'overlap', since: later(0) });
  t.is(overlap, `turn: the new one is in use; overlap until ${at(NOW.monotonicMs + OVERLAP_MS).wall}`);
});

test('media is what the SFU sends: what knocks at its ports is no call', async (t) => {
  const observed = await healthy();
  const desired = desire(observed);
  if (!observed.table.ok || observed.table.value === null) throw new Error('there is a table');
  const counted = (name: string) => {
    const { table } = observed;
    if (!table.ok || table.value === null) throw new Error('there is a table');
    const counters = table.value.counters.map((counter) =>
      counter.name === name ? { ...counter, packets: 7 } : counter,
    );
    return mediaSent({ ...observed, table: { ok: true, value: { ...table.value, counters } } }, desired);
  };
  t.is(mediaSent(observed, desired), 0);
  t.is(counted('udp-7882-out'), 7);
  t.is(counted('tcp-7881-out'), 7);
  t.is(counted('udp-7882-in'), 0);
  t.is(counted('udp-49152-49663-out'), 7, 'a call by way of the relay is one');
  t.is(counted('udp-49152-49663-in'), 0);
  t.is(counted('udp-3478-out'), 0);
  t.is(mediaSent({ ...observed, table: { ok: false, why: 'nft' } }, desired), null);
});

test('that nobody is in a call is known up to the newest reading, not up to now', (t) => {
  const readings = (...taken: readonly (readonly [packets: number | null, ms: number])[]) =>
    taken.reduce<Stillness | null>((before, [packets, ms]) => stillnessBy(before, packets, at(ms)), null);
  t.is(quietInMs(null), QUIET_MS);
  t.is(quietInMs(readings([7, 0])), QUIET_MS, 'one reading tells of no time');
  t.is(quietInMs(readings([7, 0], [7, 20_000])), 10_000);
  t.is(quietInMs(readings([7, 0], [7, 60_000])), 0);
  t.is(quietInMs(readings([7, 0], [8, 60_000])), QUIET_MS);
  t.is(
    quietInMs(readings([7, 0], [null, 30_000], [7, 60_000])),
    QUIET_MS,
    'what could not be read is not known',
  );
  t.is(stillnessBy(readings([7, 0]), 7, null), null);
});

test('a rotation whose agent is killed before or after any of its acts ends as an undisturbed one', async (t) => {
  const live = async (fate: Parameters<Awaited<ReturnType<typeof simulate>>['mortality']['decree']>[0]) => {
    const simulation = await simulate(createFakeNft(), () => undefined);
    try {
      await simulation.settle();
      const before = (await simulation.secrets()).inUse;
      await simulation.rotate(600_000);
      simulation.mortality.decree(fate);
      await simulation.settle(60_000);
      const during = await simulation.secrets();
      await simulation.settle();
      return { before, during, after: await simulation.secrets(), done: [...simulation.mortality.done] };
    } finally {
      await simulation.end();
    }
  };
  const { done } = await live(null);
  const switched = ['begin to switch turn', 'switch turn'];
  t.deepEqual(done, ['prepare turn', 'files', ...switched, ...switched, 'withdraw turn', 'files']);
  for (let act = 1; act <= done.length; act += 1) {
    for (const when of ['before', 'after'] as const) {
      const { before, during, after } = await live({ act, when });
      const place = `killed ${when} ${done[act - 1]}`;
      t.not(after.inUse?.turn, before?.turn, place);
      t.deepEqual([after.inUse?.next, after.inUse?.previous], [{}, {}], place);
      t.deepEqual(
        during.accepted,
        [before?.turn, after.inUse?.turn].sort(),
        `both are good meanwhile, ${place}`,
      );
      t.deepEqual(after.accepted, [after.inUse?.turn], place);
      t.deepEqual(
        after.files.toSorted(),
        ['livekit-key', 'livekit-secret', 'redis', 'turn', 'turn-legacy'],
        place,
      );
      t.is(after.inUse?.livekitSecret, before?.livekitSecret);
    }
  }
});
