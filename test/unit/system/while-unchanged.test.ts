import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { whileUnchanged } from '../../../agent/system/while-unchanged.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-unchanged-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

/** Which reading it is. */
function counted(path: string): () => Promise<number> {
  let readings = 0;
  return whileUnchanged([path], async () => {
    readings += 1;
    return readings;
  });
}

test('a file is read anew when it comes, changes, is replaced, gets another mode, or goes', async (t) => {
  const path = join(await folder(t), 'file');
  const read = counted(path);
  const seen = [await read(), await read()];
  for (const change of [
    () => writeFile(path, 'one'),
    () => writeFile(path, 'longer'),
    () => chmod(path, 0o600),
    async () => {
      await writeFile(`${path}.new`, 'LONGER');
      await rename(`${path}.new`, path);
    },
    () => rm(path),
  ]) {
    await change();
    seen.push(await read(), await read());
  }
  t.deepEqual(seen, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
});

test('a folder is read anew when something below it comes, changes or goes', async (t) => {
  const directory = await folder(t);
  const below = join(directory, 'below');
  const read = counted(directory);
  const seen = [await read(), await read()];
  for (const change of [
    () => mkdir(below),
    () => writeFile(join(below, 'file'), 'one'),
    () => writeFile(join(below, 'file'), 'longer'),
    () => rm(join(below, 'file')),
  ]) {
    await change();
    seen.push(await read(), await read());
  }
  t.deepEqual(seen, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
});

test('a reading that failed is not kept', async (t) => {
  const path = join(await folder(t), 'file');
  let fails = true;
  const read = whileUnchanged([path], async () => {
    if (fails) throw new Error('not yet');
    return 'read';
  });
  await t.throwsAsync(read(), { message: 'not yet' });
  fails = false;
  t.is(await read(), 'read');
});

test('of several files each one counts, and what is not final is read anew', async (t) => {
  const directory = await folder(t);
  const paths = [join(directory, 'one'), join(directory, 'other')];
  let readings = 0;
  const read = whileUnchanged(
    paths,
    async () => {
      readings += 1;
      return readings;
    },
    (reading) => reading !== 2,
  );
  const seen = [await read(), await read()];
  await writeFile(paths[1] ?? '', 'one');
  seen.push(await read(), await read(), await read());
  t.deepEqual(seen, [1, 1, 2, 3, 3]);
});
