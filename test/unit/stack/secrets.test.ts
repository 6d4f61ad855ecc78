import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { allValues, ensureSecrets, readSecrets } from '../../../agent/stack/secrets.ts';
import { AgentError } from '../../../agent/system/errors.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-secrets-'));
  t.teardown(() => rm(path, { recursive: true }));
  return join(path, 'secrets');
}

const FILES = ['livekit-key', 'livekit-secret', 'redis', 'turn', 'turn-legacy'];

test('a secret is made at the first start, for its owner only, and is the same ever after', async (t) => {
  const directory = await folder(t);
  t.is(await readSecrets({ directory }), null);
  const made = await ensureSecrets({ directory });
  t.regex(made.turn, /^[0-9a-f]{64}$/);
  t.regex(made.turnLegacy, /^[0-9a-f]{64}$/);
  t.regex(made.livekitKey, /^API[0-9a-f]{12}$/);
  t.regex(made.livekitSecret, /^[\w-]{64}$/);
  t.is(new Set(allValues(made)).size, 5);
  t.deepEqual(await ensureSecrets({ directory }), made);
  t.deepEqual(await readSecrets({ directory }), made);
  t.is((await stat(directory)).mode & 0o777, 0o700);
  for (const name of FILES) t.is((await stat(join(directory, name))).mode & 0o777, 0o600, name);
  t.deepEqual((await readdir(directory)).sort(), FILES);
});

test('a machine of an older release keeps the secret that it has, and gets the others', async (t) => {
  const directory = await folder(t);
  const { turn } = await ensureSecrets({ directory });
  for (const name of FILES.filter((name) => name !== 'turn')) await rm(join(directory, name));
  t.is(await readSecrets({ directory }), null);
  const made = await ensureSecrets({ directory });
  t.is(made.turn, turn);
  t.deepEqual(await readSecrets({ directory }), made);
});

test('two appliances do not have the same secret', async (t) => {
  const [one, two] = await Promise.all(
    [await folder(t), await folder(t)].map((directory) => ensureSecrets({ directory })),
  );
  t.true(one !== undefined && two !== undefined);
  if (one && two) for (const value of allValues(one)) t.false(allValues(two).includes(value));
});

for (const [what, content] of [
  ['an empty', ''],
  ['a truncated', '0123456789abcdef'],
  ['a non-hexadecimal', `${'z'.repeat(64)}\n`],
  ['a doubled', `${'a'.repeat(64)}\n${'b'.repeat(64)}\n`],
] as const) {
  test(`${what} secret is refused, not replaced, and is not shown`, async (t) => {
    const directory = await folder(t);
    await ensureSecrets({ directory });
    const path = join(directory, 'turn');
    await writeFile(path, content);
    const error = await t.throwsAsync(ensureSecrets({ directory }), { instanceOf: AgentError });
    t.is(error.code, 'SECRET_REFUSED');
    t.true(error.message.includes(path));
    if (content !== '') t.false(`${error.message}${error.hint}`.includes(content.trim().slice(0, 8)));
    t.is(await readFile(path, 'utf8'), content);
  });
}

test('a secret that others may read is refused, and the hint says both ways out', async (t) => {
  const directory = await folder(t);
  await ensureSecrets({ directory });
  await chmod(join(directory, 'turn'), 0o644);
  const error = await t.throwsAsync(ensureSecrets({ directory }), { instanceOf: AgentError });
  t.is(error.code, 'SECRET_REFUSED');
  t.regex(error.message, /mode 0644/);
  t.regex(error.hint, /rm .*chmod 0600/);
});
