import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeDataDirectories } from '../../../agent/stack/data-directories.ts';

test('a folder is made for its owner alone, and what is in it is left as it is', async (t) => {
  const below = join(await mkdtemp(join(tmpdir(), 'aa-data-')), 'data');
  t.teardown(() => rm(join(below, '..'), { recursive: true }));
  // The tests need no root: the owner is who they are.
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  await makeDataDirectories([{ name: 'tuwunel', owner }], below);
  const file = join(below, 'tuwunel/db');
  await writeFile(file, 'years');
  await makeDataDirectories([{ name: 'tuwunel', owner }], below);
  t.is(await readFile(file, 'utf8'), 'years');
  for (const path of [below, join(below, 'tuwunel')]) t.is((await stat(path)).mode & 0o777, 0o700);
});
