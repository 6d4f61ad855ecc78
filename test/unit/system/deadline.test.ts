import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { isTimeout, withDeadline } from '../../../agent/system/deadline.ts';

test('what is done in time is not aborted later', async (t) => {
  const signal = await withDeadline(20, async (deadline) => deadline);
  await sleep(60);
  t.false(signal.aborted);
});

test('what is not done in time is aborted, as by AbortSignal.timeout', async (t) => {
  const error = await t.throwsAsync(withDeadline(20, (signal) => sleep(5_000, null, { signal })));
  t.true(isTimeout(error?.cause));
  const other = await t.throwsAsync(sleep(5_000, null, { signal: AbortSignal.timeout(20) }));
  t.true(isTimeout(other?.cause));
});

test('another error is told as it is, and is no timeout', async (t) => {
  const error = await t.throwsAsync(
    withDeadline(5_000, () => Promise.reject(new Error('refused'))),
    {
      message: 'refused',
    },
  );
  t.false(isTimeout(error));
});
