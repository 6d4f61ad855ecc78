import test from 'ava';
import fc from 'fast-check';
import { DEFAULT_CONFIG } from '../../../agent/config/schema.ts';
import {
  type Climb,
  engineLadder,
  mayReboot,
  nextTurn,
  RUNGS,
  serviceLadder,
} from '../../../agent/reconcile/ladder.ts';
import type { Attempt } from '../../../agent/store/types.ts';
import { at } from './world.ts';

const { healing } = DEFAULT_CONFIG;
const tried = (rung: string, ms: number, subject = 'livekit', boot = 'boot-1'): Attempt => ({
  subject,
  rung,
  at: at(ms, boot),
  ended: true,
});
const climb = (attempts: readonly Attempt[], changes: Partial<Climb> = {}): Climb => ({
  subject: 'livekit',
  attempts,
  ladder: serviceLadder(healing),
  healing,
  least: 'restart',
  allows: (rung) => rung !== 'reboot',
  slowRung: 'recreate',
  now: at(1_000_000),
  ...changes,
});

/** Fails for so many attempts in a row, each as soon as it is due; what was tried, and after which waits. */
function failing(times: number, changes: Partial<Climb> = {}) {
  const attempts: Attempt[] = [];
  const waits: number[] = [];
  let now = 1_000_000;
  for (let count = 0; count < times; count += 1) {
    const { rung, dueInMs } = nextTurn(climb(attempts, { ...changes, now: at(now) }));
    now += dueInMs;
    waits.push(dueInMs);
    attempts.push(tried(rung, now));
  }
  return { attempts, waits, rungs: attempts.map(({ rung }) => rung), now };
}

test('each remedy is tried as often as it says, and then the slow beat is left', (t) => {
  t.deepEqual(failing(11).rungs, [
    ...['restart', 'restart', 'restart', 'recreate', 'recreate', 'reload-image', 'stack', 'engine', 'engine'],
    ...['recreate', 'recreate'],
  ]);
  t.true(nextTurn(climb(failing(11).attempts)).slow);
});

test('the first attempt is made at once; the waits double, each at most a tenth longer, up to the slow beat', (t) => {
  const { waits } = failing(14);
  for (const [index, wait] of waits.entries()) {
    const least = index === 0 ? 0 : index > 8 ? 300_000 : Math.min(1_000 * 2 ** (index - 1), 300_000);
    t.true(wait >= least && wait <= least * 1.1, `wait ${index}: ${wait}`);
  }
});

test('the jitter is the same for the same attempt, and another for another service', (t) => {
  const wait = (subject: string) =>
    nextTurn(climb([tried('restart', 1_000_000, subject)], { subject })).dueInMs;
  t.is(wait('livekit'), wait('livekit'));
  t.not(wait('livekit'), wait('coturn'));
});

test('a rung that others do not allow is passed over, and taken when they do', (t) => {
  const cheap = failing(9, { allows: (rung) => !['stack', 'engine', 'reboot'].includes(rung) });
  t.deepEqual(cheap.rungs.slice(5), ['reload-image', 'recreate', 'recreate', 'recreate']);
  t.is(nextTurn(climb(cheap.attempts, { now: at(cheap.now) })).rung, 'stack');
});

test('a fault that the lower rungs cannot mend begins higher', (t) => {
  t.is(nextTurn(climb([], { least: 'recreate' })).rung, 'recreate');
});

test('an attempt that the end of the agent cut short may be made once more, and not for ever', (t) => {
  const done = failing(5).attempts;
  const cut = { ...tried('reload-image', 1_100_000), ended: false };
  t.is(nextTurn(climb([...done, cut])).rung, 'reload-image');
  t.is(nextTurn(climb([...done, cut, cut])).rung, 'stack');
});

test('a rung with no tries is left out', (t) => {
  const without = { ...healing, recreations: 0, imageReloads: 0 };
  t.is(
    nextTurn(climb(failing(3).attempts, { ladder: serviceLadder(without), healing: without })).rung,
    'stack',
  );
});

test('after a reboot the cheap remedies are tried afresh and at once; the costly ones are not given back', (t) => {
  const { attempts } = failing(9);
  const next = (past: readonly Attempt[]) => nextTurn(climb(past, { now: at(5_000, 'boot-2') }));
  t.like(next(attempts), { rung: 'restart', dueInMs: 0, attempts: 0, slow: false });
  const again = [1, 2, 3, 4, 5].map((count) =>
    tried(count < 4 ? 'restart' : 'recreate', count, 'livekit', 'boot-2'),
  );
  t.like(next([...attempts, ...again]), { rung: 'recreate', slow: true });
});

test('what costs everybody is counted for everybody, what costs one for that one', (t) => {
  const byCoturn = ['reload-image', 'stack', 'engine', 'engine'].map((rung) =>
    tried(rung, 900_000, 'coturn'),
  );
  const own = ['restart', 'restart', 'restart', 'recreate', 'recreate'].map((rung) => tried(rung, 900_000));
  t.is(nextTurn(climb([...byCoturn, ...own])).rung, 'reload-image');
  t.is(nextTurn(climb([...byCoturn, ...own, tried('reload-image', 910_000)])).slow, true);
});

test('a spent budget leaves the slow beat to those that were tried, and a first attempt to those that were not', (t) => {
  const storm = Array.from({ length: healing.budget }, (_, index) =>
    tried('restart', 900_000 + index, 'coturn'),
  );
  t.is(nextTurn(climb(storm)).dueInMs, 0);
  t.true(nextTurn(climb([...storm, tried('restart', 1_000_000)])).dueInMs >= healing.slowBeat);
  const later = climb([...storm, tried('restart', 3_000_000)], { now: at(3_000_000) });
  t.true(nextTurn(later).dueInMs < 2_000, 'half an hour later it is given back');
});

test('the engine is restarted twice, then at the slow beat; the machine only if that is allowed', (t) => {
  const engine = (changes: Partial<typeof healing>) => {
    const configured = { ...healing, ...changes };
    const ladder = engineLadder(configured);
    return failing(4, {
      subject: 'livekit',
      ladder,
      healing: configured,
      least: 'engine',
      slowRung: 'engine',
      allows: () => true,
    });
  };
  t.deepEqual(engine({}).rungs, ['engine', 'engine', 'engine', 'engine']);
  t.deepEqual(engine({ reboot: 'allowed' }).rungs, ['engine', 'engine', 'reboot', 'reboot']);
});

test('the machine is never restarted twice within a day, whatever the clock on the wall says', (t) => {
  const day = 24 * 3_600_000;
  const before = [tried('reboot', 7 * day, 'machine', 'boot-0')];
  t.true(mayReboot([], healing, at(60_000)));
  t.false(mayReboot(before, healing, at(60_000)));
  t.false(mayReboot(before, healing, { ...at(60_000), wall: '2099-01-01T00:00:00Z' }));
  t.false(mayReboot(before, healing, at(day - 1)));
  t.true(mayReboot(before, healing, at(day)));
});

const rungs = fc.constantFrom(...RUNGS);
const past = fc.array(
  fc.record({
    subject: fc.constantFrom('livekit', 'coturn', 'engine'),
    rung: rungs,
    ms: fc.integer({ min: 0, max: 1_000_000 }),
    boot: fc.constantFrom('boot-0', 'boot-1'),
  }),
  { maxLength: 40 },
);

test('whatever was tried: there is always a next attempt, within the slow beat, and never a storm', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(past, rungs, fc.boolean(), (entries, least, allowed) => {
        const attempts = entries
          .toSorted((a, b) => a.ms - b.ms)
          .map(({ subject, rung, ms, boot }) => tried(rung, ms, subject, boot));
        const turn = nextTurn(climb(attempts, { least, allows: () => allowed }));
        const mostMs = healing.slowBeat * 1.1;
        const tooSoon = attempts.some(
          ({ subject, at: { bootId, monotonicMs } }) =>
            subject === 'livekit' &&
            bootId === 'boot-1' &&
            1_000_000 + turn.dueInMs - monotonicMs < healing.firstDelay,
        );
        return turn.dueInMs <= mostMs && !tooSoon && RUNGS.includes(turn.rung);
      }),
      { numRuns: 1_000 },
    ),
  );
});

test('the wall clock moves nothing: a year forth or back gives the same turn', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(past, fc.integer({ min: -366, max: 366 }), (entries, days) => {
        const attempts = entries.map(({ subject, rung, ms, boot }) => tried(rung, ms, subject, boot));
        const wall = new Date(Date.UTC(2026, 0, 1) + days * 86_400_000).toISOString();
        const turn = nextTurn(climb(attempts));
        const stepped = nextTurn(climb(attempts, { now: { ...at(1_000_000), wall } }));
        return JSON.stringify(turn) === JSON.stringify(stepped);
      }),
      { numRuns: 300 },
    ),
  );
});
