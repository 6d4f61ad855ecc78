import test from 'ava';
import { known } from '../../../agent/conditions/findings.ts';
import type { ContainerObservation } from '../../../agent/engine/types.ts';
import { mergeBudgets } from '../../../agent/probes/budgets.ts';
import type { Silence } from '../../../agent/probes/types.ts';
import { exitInWords } from '../../../agent/reconcile/exit-words.ts';
import { plan } from '../../../agent/reconcile/plan.ts';
import { planServices } from '../../../agent/reconcile/plan-services.ts';
import type { Step } from '../../../agent/reconcile/steps.ts';
import type { History, Observed } from '../../../agent/reconcile/types.ts';
import type { Instant } from '../../../agent/system/clock.ts';
import { well } from '../conditions/well.ts';
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
const tried = (...moments: number[]): History['ledger'] =>
  moments.map((ms) => ({ subject: 'livekit', rung: 'restart', at: at(ms), ended: true }));
const stopped = (ms: number, id = 'livekit-id', engineMs = 1) =>
  new Map([[id, { seenAt: at(ms), engineMs }]]);
const heldLivekit: History['holds'] = [
  { service: 'livekit', since: at(0), reason: 'an operator', until: 'started', forMs: null },
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
    'one that Compose left half made anew is made anew',
    { state: 'created', name: 'd977c331fbe8_appliance-livekit-1' },
    {},
    [
      'compose-up livekit anew: livekit: it was half made anew when that was cut short: d977c331fbe8_appliance-livekit-1 is left',
    ],
  ],
  [
    'one that somebody’s Compose is just making anew is waited for',
    { state: 'created', name: 'd977c331fbe8_appliance-livekit-1' },
    { creations: new Map([['livekit-id', at(90_000)]]) },
    [],
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
    { ledger: tried(10_000, 20_000, 30_000) },
    ['compose-up livekit anew: livekit: it exited with 1'],
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
    { holds: [{ service: 'livekit', since: at(0), reason: 'asked for', until: 'released', forMs: null }] },
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

test('one service that waits for its turn does not keep another waiting', async (t) => {
  const observed = await healthy({
    livekit: { state: 'exited', exitCode: 1 },
    coturn: { state: 'exited', exitCode: 1 },
  });
  const past = { ...history, ledger: tried(100_000) };
  const { steps, dueInMs } = planServices(observed, desire(observed, past), past, at(100_000));
  t.deepEqual(text(steps), ['start-container coturn: it exited with 1']);
  t.true(dueInMs !== null && dueInMs >= 1_000 && dueInMs <= 1_100);
});

/** What is planned for the SFU while neither can be had: its rendered files, or its image. */
async function planWithoutMeans(lacking: 'files' | 'image', livekit: Change, past: Partial<History> = {}) {
  const seen = await healthy({ livekit });
  if (!seen.engine.ok) throw new Error('the engine answers');
  const missingImages = ['appliance-agent/livekit:1'];
  const observed: Observed =
    lacking === 'files'
      ? { ...seen, filesOnDisk: new Map() }
      : { ...seen, engine: { ok: true, value: { ...seen.engine.value, missingImages } } };
  const known = { ...history, ...past };
  return planServices(observed, desire(observed, known), known, at(1_000_000));
}

for (const lacking of ['files', 'image'] as const) {
  const start = ['start-container livekit: it exited with 1'];
  const exited = { state: 'exited', exitCode: 1 } as const;

  test(`without its ${lacking} nothing is made, and a container that is there is started`, async (t) => {
    t.deepEqual((await planWithoutMeans(lacking, 'absent')).steps, []);
    t.deepEqual(text((await planWithoutMeans(lacking, exited)).steps), start);
  });

  test(`without its ${lacking} it is started again and again, at the slow beat`, async (t) => {
    const ago = (...seconds: number[]) => ({ ledger: tried(...seconds.map((s) => 1_000_000 - s * 1_000)) });
    const { steps, dueInMs } = await planWithoutMeans(lacking, exited, ago(300, 290, 280));
    t.deepEqual(steps, []);
    t.true(dueInMs !== null && dueInMs >= 20_000 && dueInMs <= 50_000, String(dueInMs));
    t.deepEqual(text((await planWithoutMeans(lacking, exited, ago(360, 350, 340))).steps), start);
  });

  test(`without its ${lacking} what a start cannot help waits`, async (t) => {
    t.deepEqual((await planWithoutMeans(lacking, { state: 'dead' })).steps, []);
    const half = { state: 'created', name: 'd977c331fbe8_appliance-livekit-1' } as const;
    t.deepEqual((await planWithoutMeans(lacking, half)).steps, []);
  });

  test(`without its ${lacking} one of an old configuration is started, and left alone while it runs`, async (t) => {
    t.deepEqual((await planWithoutMeans(lacking, { generation: 'old' })).steps, []);
    t.deepEqual(text((await planWithoutMeans(lacking, { ...exited, generation: 'old' })).steps), start);
  });
}

test('out of memory is said in words', (t) => {
  const words = exitInWords({ state: 'exited', exitCode: 137, oomKilled: true, error: '' });
  t.is(words, 'it was killed for lack of memory (out of memory)');
});

test('while a step works on a service, nothing else is begun for it', async (t) => {
  const past = { underWay: new Set(['livekit']) };
  t.deepEqual(await planFor({ state: 'exited', exitCode: 1 }, past), { steps: [], dueInMs: null });
});

const deaf = { ok: false, kind: 'http', latencyMs: null, detail: 'no answer within 2000 ms' } as const;
async function planForSilence(silence: Silence, changes: Partial<Observed> = {}, now = at(100_000)) {
  const seen = await healthy();
  const observed: Observed = {
    ...seen,
    verdicts: new Map([['livekit', deaf]]),
    silences: new Map([['livekit', silence]]),
    ...changes,
  };
  return plan(observed, desire(observed), { ...history, conntrackCleanedAt: now }, now);
}

test('a service that has served and is silent for 15 s is restarted; one that has just started has 60 s', async (t) => {
  const served = (since: number) => ({ since: at(since), misses: 5, served: true });
  t.deepEqual(await planForSilence(served(85_001)), { steps: [], dueInMs: 1 });
  t.deepEqual(text((await planForSilence(served(85_000))).steps), [
    'restart-container livekit: it runs but has not answered for 15 s (no answer within 2000 ms)',
  ]);
  t.deepEqual(await planForSilence({ ...served(40_001), served: false }), { steps: [], dueInMs: 1 });
  t.is((await planForSilence({ ...served(40_000), served: false })).steps.length, 1);
});

test('a machine that is slow, as its profile says, gives a service more time', async (t) => {
  if (!well.hardware.known) return t.fail();
  const hardware = known({ ...well.hardware.value, probes: mergeBudgets({ liveness: 30_000 }) });
  const served = (since: number) => ({ since: at(since), misses: 5, served: true });
  t.deepEqual(await planForSilence(served(70_001), { hardware }), { steps: [], dueInMs: 1 });
  t.is((await planForSilence(served(70_000), { hardware })).steps.length, 1);
});

test('one or two lost answers are no silence, however long ago they were', async (t) => {
  t.deepEqual(await planForSilence({ since: at(0), misses: 2, served: true }), { steps: [], dueInMs: 1_000 });
});

test('while packets do not get through, silence is nobody’s fault', async (t) => {
  const { forwardPath } = await healthy();
  if (!forwardPath.known) return t.fail();
  const closed = { ...forwardPath, value: { ...forwardPath.value, open: false } };
  const silence = { since: at(0), misses: 50, served: true };
  t.deepEqual((await planForSilence(silence, { forwardPath: closed })).steps, []);
});

async function planWithDependency(livekitServes: boolean, coturn: Change) {
  const observed = await healthy({ coturn });
  const verdicts = new Map([['livekit', { ...deaf, ok: livekitServes }]]);
  const seen: Observed = { ...observed, verdicts };
  const desired = desire(seen);
  const services = desired.services.map((service) =>
    service.name === 'coturn' ? { ...service, dependsOn: ['livekit'] } : service,
  );
  return planServices(seen, { ...desired, services }, history, at(100_000));
}

test('what depends on a service that is down is left alone until that serves', async (t) => {
  t.deepEqual((await planWithDependency(false, { state: 'exited', exitCode: 1 })).steps, []);
  t.deepEqual(text((await planWithDependency(true, { state: 'exited', exitCode: 1 })).steps), [
    'start-container coturn: it exited with 1',
  ]);
});

test('what depends on a service that is down is brought up with it all the same', async (t) => {
  t.is((await planWithDependency(false, 'absent')).steps.length, 1);
});

test('a hold for a time ends by itself, by the monotonic clock', async (t) => {
  const held = (since: number): Partial<History> => ({
    holds: [{ service: 'livekit', since: at(since), reason: 'asked for', until: 'released', forMs: 60_000 }],
  });
  t.deepEqual(await planFor({ state: 'exited', exitCode: 0 }, held(50_000)), { steps: [], dueInMs: 10_000 });
  t.deepEqual(text((await planFor({ state: 'exited', exitCode: 0 }, held(40_000))).steps), [
    'release-service livekit: the time of its hold is over',
  ]);
});
