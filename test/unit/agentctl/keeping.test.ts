import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { createSecretRotation } from '../../../agent/stack/rotate-secret.ts';
import { ensureSecrets } from '../../../agent/stack/secrets.ts';
import { appliancePaths } from '../../../agent/system/paths.ts';

const MAIN = resolve(import.meta.dirname, '../../../agent/agentctl/main.ts');
const ROOT_ONLY = process.getuid?.() === 0 ? 64 : 77;

async function appliance(t: ExecutionContext) {
  const root = await mkdtemp(join(tmpdir(), 'aa-keeping-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const agentctl = async (...args: string[]) => {
    const env = { PATH: process.env.PATH, TZ: 'UTC', APPLIANCE_AGENT_ROOT: root };
    const child = spawn(process.execPath, ['--import=tsx', MAIN, ...args], { env, timeout: 30_000 });
    child.stdin.end();
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [out, err, exit] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
    return { out, err, exit };
  };
  return { root, paths: appliancePaths(root), agentctl };
}

test('secrets list tells ages and rotations, and never a value', async (t) => {
  const { paths, agentctl } = await appliance(t);
  t.is((await agentctl('secrets', 'list')).exit, 69, 'there are none yet');
  await ensureSecrets({ directory: paths.secrets });
  const rotation = createSecretRotation(paths.secrets);
  await rotation.prepare('livekit');
  await rotation.prepare('turn-legacy');
  await rotation.switchOver('turn-legacy');
  const { out, exit } = await agentctl('secrets', 'list');
  t.is(exit, 0);
  t.regex(out, /^turn {2,}\d\d:\d\d:\d\d \(\d+ m?s\) +none$/m);
  t.regex(out, /^turn-legacy .*the one before it is still good/m);
  t.regex(out, /^livekit .*a new one waits to be put in use/m);
  for (const file of ['turn', 'livekit-key', 'livekit-secret', 'turn-legacy.previous']) {
    t.false(out.includes((await readFile(join(paths.secrets, file), 'utf8')).trim()), file);
  }
});

test('a rotation is asked of the agent: without one nothing is changed', async (t) => {
  const { agentctl } = await appliance(t);
  t.is((await agentctl('secrets', 'rotate', 'turn', '--overlap', 'soon')).exit, 64);
  const { exit, err } = await agentctl('secrets', 'rotate', 'turn');
  t.is(exit, 69);
  t.regex(err, /The agent is not running/);
});

test('a backup is for a public key of age, and is made with the agent', async (t) => {
  const { root, agentctl } = await appliance(t);
  const to = join(root, 'backup.age');
  const { exit, err } = await agentctl('backup', '--to', to, '--recipient', 'ssh-ed25519 AAAA');
  t.is(exit, ROOT_ONLY);
  if (ROOT_ONLY === 64) t.regex(err, /no public key of age[\s\S]*age-keygen/);
  t.is((await agentctl('backup', '--to', to)).exit, 64, 'without a key');
  const away = await agentctl('backup', '--to', join(root, 'usb/backup.age'), '--recipient', 'age1x');
  t.is(away.exit, ROOT_ONLY);
  if (ROOT_ONLY === 64) t.regex(away.err, /There is no folder .*\/usb \[USAGE\]/);
});

test('a restore asks, and where nobody can be asked it wants to be told', async (t) => {
  const { root, agentctl } = await appliance(t);
  const file = join(root, 'backup.age');
  await writeFile(file, 'no backup');
  const { exit, err } = await agentctl('restore', file, '--identity', '-');
  t.is(exit, ROOT_ONLY);
  if (ROOT_ONLY === 64) t.regex(err, /add --yes/);
  if (ROOT_ONLY === 64) {
    const none = await agentctl('restore', file, '--identity', '-', '--yes');
    t.regex(none.err, /holds no AGE-SECRET-KEY/);
    const away = await agentctl('restore', join(root, 'none.age'), '--identity', file, '--yes');
    t.is(away.exit, 69);
    t.regex(away.err, /There is no file .*none\.age \[MISSING\]/);
  }
});
