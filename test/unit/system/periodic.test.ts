import { mock } from 'node:test';
import test from 'ava';
import { periodically } from '../../../agent/system/periodic.ts';

const YEAR = 366 * 86_400_000;
const BEGIN = Date.UTC(2026, 0, 1, 0, 0, 3);

/** What settimeofday(2) changed: what `Date` shows, and no timer. (`mock.timers.setTime` would fire timers too.) */
let stepMs = 0;

test.beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: BEGIN });
  const Unstepped = Date;
  stepMs = 0;
  globalThis.Date = class extends Unstepped {
    constructor(time: number = Unstepped.now() + stepMs) {
      super(time);
    }
    static override now = () => Unstepped.now() + stepMs;
  } as DateConstructor;
});
test.afterEach.always(() => mock.timers.reset());

/** Lets time pass as it does on a machine, a second at a time; `work` may be asynchronous. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    mock.timers.tick(1_000);
    await Promise.resolve();
    await Promise.resolve();
  }
}

function beats(work: () => unknown = () => undefined) {
  const at: string[] = [];
  const errors: unknown[] = [];
  const periodic = periodically(
    '*/10 * * * * *',
    () => {
      at.push(new Date().toISOString().slice(11, 19));
      return work();
    },
    (error) => errors.push(error),
  );
  return { at, errors, stop: () => periodic.stop() };
}

test.serial('it is done at the times of the expression, until it is stopped', async (t) => {
  const { at, stop } = beats();
  await pass(27);
  t.deepEqual(at, ['00:00:10', '00:00:20', '00:00:30']);
  stop();
  await pass(30);
  t.is(at.length, 3);
});

for (const [which, step] of [
  ['forward', YEAR],
  ['back', -YEAR],
] as const) {
  test.serial(
    `the clock is set ${which} by a year: no time is made up for, none is waited for`,
    async (t) => {
      const { at, stop } = beats();
      await pass(9);
      t.is(at.length, 1);
      stepMs = step;
      await pass(30);
      t.is(at.length, 4);
      stop();
    },
  );
}

test.serial('what still goes on is not begun again', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { at, stop } = beats(() => promise);
  await pass(60);
  t.is(at.length, 1);
  resolve();
  await pass(10);
  t.is(at.length, 2);
  stop();
});

test.serial('an error is told, and the next time comes', async (t) => {
  const { at, errors, stop } = beats(() => Promise.reject(new Error('not today')));
  await pass(20);
  t.is(at.length, 2);
  t.regex(String(errors[0]), /not today/);
  stop();
});
