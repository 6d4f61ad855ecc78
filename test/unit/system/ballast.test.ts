import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createBallast } from '../../../agent/system/ballast.ts';
import { run } from '../../../agent/system/processes.ts';

const MiB = 1024 ** 2;

test('what is set aside takes its room, and gives it back', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'aa-ballast-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const ballast = createBallast(run, join(directory, 'ballast'));
  t.is(await ballast.size(), null);
  await ballast.make(3 * MiB);
  t.true(((await ballast.size()) ?? 0) >= 3 * MiB, 'blocks, and no hole');
  t.true((await ballast.release()) >= 3 * MiB);
  t.is(await ballast.size(), null);
  t.is(await ballast.release(), 0, 'twice is once');
});

test('where it cannot be made nothing is left of it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'aa-ballast-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const ballast = createBallast(run, join(directory, 'ballast'));
  await t.throwsAsync(ballast.make(2 ** 52), { code: 'BALLAST_NOT_MADE' });
  t.deepEqual(await readdir(directory), []);
});
