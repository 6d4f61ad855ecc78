import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { followConfig } from '../../../agent/config/follow-config.ts';

async function followed(t: { teardown(undo: () => void): void }) {
  const folder = await mkdtemp(join(tmpdir(), 'aa-config-'));
  const stop = new AbortController();
  let changes = 0;
  const path = join(folder, 'appliance.yaml');
  const ended = followConfig(path, () => (changes += 1), stop.signal);
  t.teardown(() => stop.abort());
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const told = async () => {
    const deadline = performance.now() + 5_000;
    while (changes === 0 && performance.now() < deadline) await sleep(20);
    const seen = changes;
    changes = 0;
    return seen;
  };
  return { folder, path, stop, ended, told, changes: () => changes };
}

test('a configuration that is made, written and replaced is told of, once each time', async (t) => {
  const { folder, path, told } = await followed(t);
  await writeFile(path, 'stack: embedded\n');
  t.is(await told(), 1);
  await writeFile(path, 'stack: ');
  await writeFile(path, 'stack: element-call\n');
  t.is(await told(), 1);
  await writeFile(join(folder, 'new'), 'stack: embedded\n');
  await rename(join(folder, 'new'), path);
  t.is(await told(), 1);
});

test('other files in its folder are nothing to it, and it ends when it is told to', async (t) => {
  const { folder, stop, ended, changes } = await followed(t);
  await writeFile(join(folder, 'profile.yaml'), '');
  await sleep(500);
  t.is(changes(), 0);
  stop.abort();
  t.is(await ended, null);
});

test('a folder that is not there cannot be followed, and that is said', async (t) => {
  const why = await followConfig('/nowhere/appliance.yaml', () => t.fail(), new AbortController().signal);
  t.regex(why ?? '', /ENOENT/);
});
