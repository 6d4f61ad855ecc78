import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { onceARun } from '../../support/once-a-run.ts';
import { TIER_DIRECTORY_VARIABLE } from '../../support/requirements.ts';

/** As in a run of a tier, which has a folder for what its files share. */
async function inATier(t: ExecutionContext): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-once-'));
  const before = process.env[TIER_DIRECTORY_VARIABLE];
  process.env[TIER_DIRECTORY_VARIABLE] = directory;
  t.teardown(async () => {
    if (before === undefined) delete process.env[TIER_DIRECTORY_VARIABLE];
    else process.env[TIER_DIRECTORY_VARIABLE] = before;
    await rm(directory, { recursive: true });
  });
}

test.serial(
  'what a tier shares is made by the first that asks; who asks meanwhile gets the same',
  async (t) => {
    await inATier(t);
    let times = 0;
    const make = async () => {
      times += 1;
      return { made: times };
    };
    const asked = await Promise.all([1, 2, 3].map(() => onceARun('thing', make)));
    t.deepEqual(asked, [{ made: 1 }, { made: 1 }, { made: 1 }]);
    t.deepEqual(await onceARun('another', make), { made: 2 });
  },
);

test.serial('what could not be made is tried again by the next', async (t) => {
  await inATier(t);
  await t.throwsAsync(
    onceARun('thing', () => Promise.reject(new Error('no room'))),
    { message: 'no room' },
  );
  t.is(await onceARun('thing', async () => 'made'), 'made');
});
