import test from 'ava';
import { DEFAULT_BUDGETS, type ProbeBudgets } from '../../../agent/probes/budgets.ts';
import { createProber } from '../../../agent/probes/prober.ts';
import type { Lives, Verdict } from '../../../agent/probes/types.ts';

const yes: Verdict = { ok: true, kind: 'http', latencyMs: 1, detail: 'yes' };
const no: Verdict = { ok: false, kind: 'http', latencyMs: null, detail: 'no' };
const LIVES: Lives = new Map([['s', 'first']]);
const NEXT_LIVES: Lives = new Map([['s', 'second']]);

function prober(answer: () => Promise<Verdict>, budgets: ProbeBudgets = DEFAULT_BUDGETS) {
  let monotonicMs = 0;
  let asked = 0;
  let changes = 0;
  let thoroughly = 0;
  const made = createProber({
    clock: { now: () => ({ bootId: 'b', monotonicMs, wall: '' }) },
    budgetsOf: () => budgets,
    ask: (_, thorough) => {
      asked += 1;
      if (thorough) thoroughly += 1;
      return answer();
    },
    onChange: () => {
      changes += 1;
    },
  });
  return {
    ...made,
    pass: (ms: number) => {
      monotonicMs += ms;
    },
    asked: () => asked,
    thoroughly: () => thoroughly,
    changes: () => changes,
    ok: () => made.verdicts(null).get('s')?.ok,
  };
}

test('a service that serves is asked every 10 s, and a change is told once', async (t) => {
  const p = prober(async () => yes);
  t.is(await p.tick(LIVES), 10_000);
  p.pass(9_999);
  t.is(await p.tick(LIVES), 1);
  t.is(p.asked(), 1);
  p.pass(1);
  await p.tick(LIVES);
  t.is(p.asked(), 2);
  t.is(p.changes(), 1);
});

test('one miss is tolerated, two in a row are an outage, and one answer ends it', async (t) => {
  let answer = yes;
  const p = prober(async () => answer);
  await p.tick(LIVES);
  answer = no;
  p.pass(10_000);
  t.is(await p.tick(LIVES), 250);
  t.true(p.ok());
  p.pass(250);
  await p.tick(LIVES);
  t.false(p.ok());
  answer = yes;
  p.pass(250);
  t.is(await p.tick(LIVES), 10_000);
  t.true(p.ok());
});

test('how often is asked, and how many misses are an outage, are those of the service', async (t) => {
  const answers = [yes, no, no, no, yes, no, no, yes];
  const p = prober(async () => answers.shift() ?? yes, {
    ...DEFAULT_BUDGETS,
    interval: 30_000,
    readinessMisses: 3,
  });
  t.is(await p.tick(LIVES), 30_000);
  const seen: (boolean | undefined)[] = [];
  for (let asked = 1; asked < 8; asked += 1) {
    p.pass(30_000);
    await p.tick(LIVES);
    seen.push(p.ok());
  }
  t.deepEqual(seen, [true, true, false, true, true, true, true], 'two misses, then an answer: no outage');
  t.is(p.changes(), 3);
});

test('a service that stays silent is asked at a slow beat after 15 s', async (t) => {
  const p = prober(async () => no);
  t.is(await p.tick(LIVES), 250);
  p.pass(15_000);
  t.is(await p.tick(LIVES), 5_000);
});

test('an answer to a question from before the service died does not count', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const answers = [promise, Promise.resolve(no)];
  const p = prober(() => answers.shift() ?? Promise.resolve(no));
  const first = p.tick(LIVES);
  p.reset('s');
  await p.tick(LIVES);
  resolve(yes);
  await first;
  t.false(p.ok());
});

test('an answer is of the life that was asked: another is asked at once, and until then nothing is known of it', async (t) => {
  const p = prober(async () => yes);
  await p.tick(LIVES);
  t.true(p.verdicts(LIVES).get('s')?.ok);
  t.is(p.verdicts(NEXT_LIVES).size, 0, 'before it was asked');
  p.pass(1);
  await p.tick(NEXT_LIVES);
  t.is(p.asked(), 2);
  t.true(p.verdicts(NEXT_LIVES).get('s')?.ok);
  t.is(p.verdicts(LIVES).size, 0);
});

test('an answer that comes when another life is asked already does not count', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const answers = [promise, Promise.resolve(no)];
  const p = prober(() => answers.shift() ?? Promise.resolve(no));
  const first = p.tick(LIVES);
  await p.tick(NEXT_LIVES);
  resolve(yes);
  await first;
  t.false(p.verdicts(null).get('s')?.ok);
});

test('a new life that does not answer is given its time to start, though the one before served', async (t) => {
  let answer = yes;
  const p = prober(async () => answer);
  await p.tick(LIVES);
  answer = no;
  await p.tick(NEXT_LIVES);
  t.like(p.silences(NEXT_LIVES).get('s'), { misses: 1, served: false });
  t.false(p.ok(), 'no miss is tolerated for the sake of the life before');
  t.is(p.silences(LIVES).size, 0);
});

test('a service that does not run is forgotten', async (t) => {
  const p = prober(async () => yes);
  await p.tick(LIVES);
  await p.tick(new Map());
  t.is(p.verdicts(null).size, 0);
});

test('thoroughly is asked at first, once a minute, and after a miss until it serves again', async (t) => {
  let answer = yes;
  const p = prober(async () => answer);
  for (let beat = 0; beat <= 6; beat += 1) {
    await p.tick(LIVES);
    p.pass(10_000);
  }
  t.deepEqual([p.asked(), p.thoroughly()], [7, 2]);
  answer = no;
  await p.tick(LIVES);
  t.is(p.thoroughly(), 2);
  for (const given of [no, no, yes]) {
    answer = given;
    p.pass(250);
    await p.tick(LIVES);
  }
  t.is(p.thoroughly(), 5, 'the one that ended it was thorough, too');
  p.reset('s');
  await p.tick(LIVES);
  t.is(p.thoroughly(), 6, 'and the first of another life');
});
