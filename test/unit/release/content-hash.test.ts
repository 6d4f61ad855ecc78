import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { checksums, contentHash } from '../../../agent/release/content-hash.ts';
import { run } from '../../../agent/system/processes.ts';

async function folder(files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-hash-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(directory, path, '..'), { recursive: true });
    await writeFile(join(directory, path), content, { mode: 0o644 });
  }
  return directory;
}

test('the hash does not depend on where the folder is, on times, or on the order of writing', async (t) => {
  const one = await folder({ 'a/b': 'x', c: 'y' });
  const other = await folder({ c: 'y', 'a/b': 'x' });
  await utimes(join(other, 'c'), 1, 1);
  t.is(await contentHash(one), await contentHash(other));
  await Promise.all([one, other].map((directory) => rm(directory, { recursive: true })));
});

test('the hash changes with a content, a name, a missing file and an executable bit', async (t) => {
  const directory = await folder({ a: 'x', b: 'y' });
  const hashes = [await contentHash(directory)];
  await chmod(join(directory, 'a'), 0o755);
  hashes.push(await contentHash(directory));
  await writeFile(join(directory, 'b'), 'z');
  hashes.push(await contentHash(directory));
  await writeFile(join(directory, 'c'), 'z');
  hashes.push(await contentHash(directory));
  await rm(join(directory, 'b'));
  hashes.push(await contentHash(directory));
  t.is(new Set(hashes).size, hashes.length);
  await rm(directory, { recursive: true });
});

test('content cannot be moved between files without changing the hash', async (t) => {
  const one = await folder({ a: 'xy', b: '' });
  const other = await folder({ a: 'x', b: 'y' });
  t.not(await contentHash(one), await contentHash(other));
  await Promise.all([one, other].map((directory) => rm(directory, { recursive: true })));
});

test('sha256sum itself finds every file as the checksums say, and names one that changed', async (t) => {
  const directory = await folder({ 'a/b c': 'x', d: 'y' });
  const list = await checksums(directory);
  await writeFile(join(directory, 'SHA256SUMS'), list);
  const check = () =>
    run('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { timeoutMs: 10_000, cwd: directory });
  t.is((await check()).exitCode, 0);
  await writeFile(join(directory, 'a/b c'), 'z');
  t.is((await check()).stdout, 'a/b c: FAILED\n');
  await rm(directory, { recursive: true });
});
