import test from 'ava';
import type { ContainerObservation } from '../../../agent/engine/types.ts';
import { serviceKey } from '../../../agent/reconcile/attempt-key.ts';
import { exitInWords, planServices } from '../../../agent/reconcile/plan-services.ts';
import type { History, Step } from '../../../agent/reconcile/types.ts';
import type { Instant } from '../../../agent/system/clock.ts';
import { at, desire, healthy, history } from './world.ts';

type Change = Partial<ContainerObservation> | 'absent';

async function planFor(livekit: Change, past: Partial<History> = {}, now: Instant = at(100_000)) {
  const observed = await healthy({ livekit });
  const known = { ...history, ...past };
  return planServices(observed, desire(observed, known), known, now);
}
const text = (steps: readonly Step[]) =>
  steps.map((step) => {
    const whom = step.kind === 'compose-up' ? step.services.join('+') : 'service' in step ? step.service : '';
    const anew = step.kind === 'compose-up' && step.forceRecreate ? ' anew' : '';
    return `${step.kind} ${whom}${anew}: ${step.why}`;
  });
const tried = (...moments: number[]) => new Map([[serviceKey('livekit'), moments.map((ms) => at(ms))]]);
const stopped = (ms: number, id = 'livekit-id', engineMs = 1) =>
  new Map([[id, { seenAt: at(ms), engineMs }]]);
const heldLivekit: History['holds'] = [
  { service: 'livekit', since: at(0), reason: 'an operator', until: 'started' },
];

const cases: readonly (readonly [string, Change, Partial<History>, readonly string[]])[] = [
  ['a running container needs nothing', {}, {}, []],
  ['an absent one is brought up', 'absent', {}, ['compose-up livekit: livekit: it has no container']],
  [
    'one that was killed through the engine is started again',
    { state: 'exited', exitCode: 137 },
    {},
    ['start-container livekit: it was ended by signal 9 (exit 137)'],
  ],
  [
    'one that crashed is started again',
    { state: 'exited', exitCode: 2 },
    {},
    ['start-container livekit: it exited with 2'],
  ],
  [
    'one that was never started is started',
    { state: 'created' },
    {},
    ['start-container livekit: it was never started'],
  ],
  [
    'one that the engine could not start says why',
    { state: 'created', error: 'no such file' },
    {},
    ['start-container livekit: the engine could not start it: no such file'],
  ],
  [
    'after three starts in vain it is made anew',
    { state: 'exited', exitCode: 1 },
    { attempts: tried(10_000, 20_000, 30_000) },
    ['compose-up livekit anew: livekit: it exited with 1; starting it failed 3 times'],
  ],
  ['while the engine restarts it, it is left alone', { state: 'restarting', restartCount: 2 }, {}, []],
  [
    'one that the engine restarts without end is made anew',
    {
      state: 'restarting',
      restartCount: 5,
      exitCode: 1,
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:00:01Z',
    },
    {},
    ['compose-up livekit anew: livekit: the engine restarted it 5 times and it ends again at once (exit 1)'],
  ],
  [
    'many restarts over a long life are not a loop',
    {
      state: 'restarting',
      restartCount: 50,
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-02T00:00:00Z',
    },
    {},
    [],
  ],
  [
    'a dead one is made anew',
    { state: 'dead' },
    {},
    ['compose-up livekit anew: livekit: the engine could not remove it'],
  ],
  [
    'one of another generation is brought up to date',
    { generation: 'old' },
    {},
    ['compose-up livekit: livekit: its configuration changed'],
  ],
  [
    'an operator’s stop becomes a hold',
    { state: 'exited', exitCode: 143 },
    { stops: stopped(98_000) },
    ['hold-service livekit: stopped by an operator (docker stop)'],
  ],
  [
    'a stop of a container that was replaced since means nothing',
    { state: 'exited', exitCode: 143 },
    { stops: stopped(98_000, 'another-id') },
    ['start-container livekit: it was ended by signal 15 (exit 143)'],
  ],
  [
    'a stop from before the engine started was the engine’s own',
    { state: 'exited', exitCode: 143 },
    { stops: stopped(98_000, 'livekit-id', -1) },
    ['start-container livekit: it was ended by signal 15 (exit 143)'],
  ],
  [
    'a paused one is held',
    { state: 'paused' },
    {},
    ['hold-service livekit: paused by an operator (docker pause)'],
  ],
  ['a held one is left alone', { state: 'exited', exitCode: 0 }, { holds: heldLivekit }, []],
  ['a held one without a container is left alone', 'absent', { holds: heldLivekit }, []],
  [
    'one that was held by request is left alone though it runs',
    {},
    { holds: [{ service: 'livekit', since: at(0), reason: 'asked for', until: 'released' }] },
    [],
  ],
  [
    'a held one that runs again was released by being started',
    {},
    { holds: heldLivekit },
    ['release-service livekit: it was started again'],
  ],
];

for (const [title, livekit, past, expected] of cases) {
  test(title, async (t) => {
    t.deepEqual(text((await planFor(livekit, past)).steps), [...expected]);
  });
}

test('a stop that has not stood for 2 s may be a restart: it is waited for', async (t) => {
  const stops = stopped(99_500);
  t.deepEqual(await planFor({ state: 'exited', exitCode: 0 }, { stops }), { steps: [], dueInMs: 1_500 });
});

test('after a kill through the engine it is waited for a stop to follow, but not for ever', async (t) => {
  const exited = { state: 'exited', exitCode: 137 } as const;
  const waits = async (askedAt: number, diedAt: number | null) => {
    const kill = { signal: 9, askedAt: at(askedAt), diedAt: diedAt === null ? null : at(diedAt) };
    const { steps, dueInMs } = await planFor(exited, { kills: new Map([['livekit-id', kill]]) });
    return steps.length === 0 ? dueInMs : 0;
  };
  t.is(await waits(99_000, 99_400), 400);
  t.is(await waits(98_000, 99_000), 0);
  t.is(await waits(99_000, null), 14_000);
  t.is(await waits(85_000, null), 0);
});

test('a container that somebody has just made is theirs to start, for 15 s', async (t) => {
  const created = { state: 'created' } as const;
  const past = { creations: new Map([['livekit-id', at(90_000)]]) };
  t.deepEqual(await planFor(created, past, at(100_000)), { steps: [], dueInMs: 5_000 });
  t.is((await planFor(created, past, at(105_000))).steps.length, 1);
});

test('right after a start of the agent the engine is first heard about what was missed', async (t) => {
  const exited = { state: 'exited', exitCode: 0 } as const;
  const waits = async (startedAt: number, watchingSince: number | null) => {
    const past = {
      startedAt: at(startedAt),
      watchingSince: watchingSince === null ? null : at(watchingSince),
    };
    const { steps, dueInMs } = await planFor(exited, past);
    return steps.length === 0 ? dueInMs : 0;
  };
  t.is(await waits(99_000, 99_800), 300);
  t.is(await waits(99_000, 99_500), 0);
  t.is(await waits(99_000, null), 9_000);
  t.is(await waits(90_000, null), 0);
});

test('attempts are spaced 1, 2, 4 s and so on', async (t) => {
  const exited = { state: 'exited', exitCode: 1 } as const;
  const dueAfter = async (...moments: number[]) =>
    (await planFor(exited, { attempts: tried(...moments) }, at(100_000))).dueInMs;
  t.is(await dueAfter(100_000), 1_000);
  t.is(await dueAfter(90_000, 100_000), 2_000);
  t.is(await dueAfter(80_000, 90_000, 100_000), 4_000);
  t.is(await dueAfter(70_000, 80_000, 90_000, 99_000), 7_000);
});

test('a budget that is spent leaves the slow beat, and no more', async (t) => {
  const exited = { state: 'exited', exitCode: 1 } as const;
  const moments = Array.from({ length: 10 }, (_, index) => 1_000_000 + index * 1_000);
  const attempts = tried(...moments);
  const last = 1_009_000;
  t.deepEqual(await planFor(exited, { attempts }, at(last + 299_000)), { steps: [], dueInMs: 1_000 });
  t.is((await planFor(exited, { attempts }, at(last + 300_000))).steps.length, 1);
});

test('attempts of a former boot do not count', async (t) => {
  const attempts = new Map([[serviceKey('livekit'), [at(99_999, 'boot-0')]]]);
  t.is((await planFor({ state: 'exited', exitCode: 1 }, { attempts })).steps.length, 1);
});

test('one service that waits for its turn does not keep another waiting', async (t) => {
  const observed = await healthy({
    livekit: { state: 'exited', exitCode: 1 },
    coturn: { state: 'exited', exitCode: 1 },
  });
  const past = { ...history, attempts: tried(100_000) };
  const { steps, dueInMs } = planServices(observed, desire(observed, past), past, at(100_000));
  t.deepEqual(text(steps), ['start-container coturn: it exited with 1']);
  t.is(dueInMs, 1_000);
});

test('out of memory is said in words', (t) => {
  const words = exitInWords({ state: 'exited', exitCode: 137, oomKilled: true, error: '' });
  t.is(words, 'it was killed for lack of memory (out of memory)');
});
