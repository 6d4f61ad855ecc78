import test from 'ava';
import type { Clock } from '../../../agent/system/clock.ts';
import { keep } from '../../../agent/system/keep.ts';
import { remember } from '../../../agent/system/remember.ts';

function counting() {
  let now = 0;
  let fails = false;
  let reads = 0;
  const clock: Clock = { now: () => ({ bootId: 'boot', monotonicMs: now, wall: '' }) };
  const read = keep(
    async () => {
      reads += 1;
      if (fails) throw new Error('not now');
      return reads;
    },
    30_000,
    clock,
  );
  return {
    read,
    pass: (ms: number) => {
      now += ms;
    },
    fail: (does: boolean) => {
      fails = does;
    },
  };
}

test('a reading is kept until it is too old', async (t) => {
  const { read, pass } = counting();
  t.is(await read(false), 1);
  pass(29_999);
  t.is(await read(false), 1);
  pass(1);
  t.is(await read(false), 2);
});

test('asked to, it is taken anew, and then kept', async (t) => {
  const { read } = counting();
  await read(false);
  t.is(await read(true), 2);
  t.is(await read(false), 2);
});

test('one that failed is not kept, nor the one before it', async (t) => {
  const { read, fail } = counting();
  await read(false);
  fail(true);
  await t.throwsAsync(read(true), { message: 'not now' });
  fail(false);
  t.is(await read(false), 3);
});

test('a result is remembered for equal arguments, and only the last one', (t) => {
  const doubled = remember(({ n }: { n: number }) => [n * 2]);
  const first = doubled({ n: 1 });
  t.is(doubled({ n: 1 }), first);
  t.deepEqual(doubled({ n: 2 }), [4]);
  t.not(doubled({ n: 1 }), first);
});

test('how old it may be can change, and counts for what is kept already', async (t) => {
  let limit = 60_000;
  let reads = 0;
  let now = 0;
  const clock: Clock = { now: () => ({ bootId: 'boot', monotonicMs: now, wall: '' }) };
  const read = keep(
    async () => {
      reads += 1;
      return reads;
    },
    () => limit,
    clock,
  );
  await read(false);
  now = 30_000;
  t.is(await read(false), 1);
  limit = 30_000;
  t.is(await read(false), 2);
});
