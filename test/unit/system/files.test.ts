import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { removeUnfinished, writeFileAtomic } from '../../../agent/system/files.ts';
import { temporaryFolder } from '../store/_fixtures.ts';

test('what a power cut left of a write is removed, and files of similar names stay', async (t) => {
  const folder = temporaryFolder(t);
  await writeFileAtomic(join(folder, 'turn'), 'kept', { mode: 0o600 });
  await mkdir(join(folder, 'coturn'));
  const [left, below] = ['turn.0123456789ab.tmp', 'coturn/turn.0123456789ab.tmp'];
  for (const name of [left, below, 'notes.tmp']) await writeFile(join(folder, name), '');
  await removeUnfinished(folder);
  t.deepEqual((await readdir(folder, { recursive: true })).sort(), ['coturn', below, 'notes.tmp', 'turn']);
  await removeUnfinished(folder, { recursive: true });
  t.deepEqual((await readdir(folder)).sort(), ['coturn', 'notes.tmp', 'turn']);
  await t.notThrowsAsync(removeUnfinished(join(folder, 'missing')));
});
