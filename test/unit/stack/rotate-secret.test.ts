import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createSecretRotation } from '../../../agent/stack/rotate-secret.ts';
import { ROTATED, type RotatedName } from '../../../agent/stack/rotations.ts';
import { ensureSecrets, readSecrets } from '../../../agent/stack/secrets.ts';
import { AgentError } from '../../../agent/system/errors.ts';

async function prepared(t: ExecutionContext, name: RotatedName) {
  const directory = await mkdtemp(join(tmpdir(), 'aa-rotation-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const before = await ensureSecrets({ directory });
  const rotation = createSecretRotation(directory);
  await rotation.prepare(name);
  const read = async () => {
    const secrets = await readSecrets({ directory });
    if (secrets === null) throw new Error('a secret is gone');
    return secrets;
  };
  return { directory, before, rotation, read };
}

for (const name of Object.keys(ROTATED) as RotatedName[]) {
  test(`${name}: prepared, switched, withdrawn, each step twice, and nothing else changes`, async (t) => {
    const { directory, before, rotation, read } = await prepared(t, name);
    const { next } = await read();
    t.deepEqual(Object.keys(next), [...ROTATED[name]]);
    for (const field of ROTATED[name]) t.not(next[field], before[field]);
    await rotation.prepare(name);
    t.deepEqual(await read(), { ...before, next }, 'what was made is kept');
    for (const file of await readdir(directory))
      t.is((await stat(join(directory, file))).mode & 0o777, 0o600);

    const previous = Object.fromEntries(ROTATED[name].map((field) => [field, before[field]]));
    for (let times = 0; times < 2; times += 1) {
      await rotation.switchOver(name);
      t.deepEqual(await read(), { ...before, ...next, next: {}, previous });
    }
    for (let times = 0; times < 2; times += 1) {
      await rotation.withdraw(name);
      t.deepEqual(await read(), { ...before, ...next, next: {}, previous: {} });
    }
    t.is((await readdir(directory)).length, 5, 'nothing is left behind');
  });
}

test('a switch that was cut off anywhere reads as not made or as made, never as half, and is finished', async (t) => {
  // The states that the folder passes through, as they are after each change of a file.
  const cuts: readonly ((path: (file: string) => string) => Promise<unknown>)[] = [
    async () => undefined,
    async (path) => {
      const [key, secret] = [await readFile(path('livekit-key')), await readFile(path('livekit-secret'))];
      await writeFile(path('livekit.previous'), `${key}${secret}`, { mode: 0o600 });
    },
    (path) => rename(path('livekit.next'), path('livekit.switching')),
    async (path) => {
      const [key = ''] = (await readFile(path('livekit.switching'), 'utf8')).split('\n');
      await writeFile(path('livekit-key'), `${key}\n`);
    },
    async (path) => {
      const [, secret = ''] = (await readFile(path('livekit.switching'), 'utf8')).split('\n');
      await writeFile(path('livekit-secret'), `${secret}\n`);
    },
  ];
  for (let done = 0; done < cuts.length; done += 1) {
    const { directory, before, rotation, read } = await prepared(t, 'livekit');
    const { next } = await read();
    for (const cut of cuts.slice(0, done + 1)) await cut((file) => join(directory, file));
    const { livekitKey, livekitSecret } = await read();
    const expected = done < 2 ? before : next;
    t.deepEqual([livekitKey, livekitSecret], [expected.livekitKey, expected.livekitSecret], `cut ${done}`);
    await rotation.switchOver('livekit');
    const previous = { livekitKey: before.livekitKey, livekitSecret: before.livekitSecret };
    t.deepEqual(await read(), { ...before, ...next, next: {}, previous }, `cut ${done}`);
  }
});

test('nothing is put in use that was not made', async (t) => {
  const { directory, rotation } = await prepared(t, 'turn');
  await rm(join(directory, 'turn.next'));
  const error = await t.throwsAsync(rotation.switchOver('turn'), { instanceOf: AgentError });
  t.is(error?.code, 'SECRET_NOT_PREPARED');
});
