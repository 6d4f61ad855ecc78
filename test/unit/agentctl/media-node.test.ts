import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ensureSecrets, readSecrets } from '../../../agent/stack/secrets.ts';
import { appliancePaths } from '../../../agent/system/paths.ts';
import { run } from '../../../agent/system/processes.ts';

const MAIN = resolve(import.meta.dirname, '../../../agent/agentctl/main.ts');

async function appliance(t: ExecutionContext) {
  const root = await mkdtemp(join(tmpdir(), 'aa-node-'));
  t.teardown(() => rm(root, { recursive: true }));
  const paths = appliancePaths(root);
  return {
    directory: paths.secrets,
    mediaNode: (what: string, input?: string) =>
      run(process.execPath, ['--import=tsx', MAIN, 'media-node', what], {
        timeoutMs: 30_000,
        env: { APPLIANCE_AGENT_ROOT: root },
        ...(input === undefined ? {} : { input }),
      }),
  };
}

test('what the first appliance exports another one keeps, for root alone, beside a relay’s secret of its own', async (t) => {
  const [first, further] = [await appliance(t), await appliance(t)];
  const { directory } = first;
  const made = await ensureSecrets({ directory });
  const own = await ensureSecrets({ directory: further.directory });
  const { stdout, exitCode } = await first.mediaNode('export');
  t.is(exitCode, 0);
  const joined = await further.mediaNode('join', stdout);
  t.is(joined.exitCode, 0, joined.stderr);
  const { livekitKey, livekitSecret, redis } = made;
  t.deepEqual(await readSecrets({ directory: further.directory }), {
    ...own,
    livekitKey,
    livekitSecret,
    redis,
  });
  t.is((await stat(join(further.directory, 'redis'))).mode & 0o777, 0o600);
  for (const secret of [livekitSecret, redis]) t.false(joined.stdout.includes(secret));
});

test('what is no export, or half of one, is refused with nothing written and nothing shown', async (t) => {
  const { directory, mediaNode } = await appliance(t);
  const before = await ensureSecrets({ directory });
  for (const given of ['', 'hush-hush', '{"livekitKey":"APIabcdefghijkl","redis":"hush-hush"}']) {
    const { exitCode, stderr } = await mediaNode('join', given);
    t.not(exitCode, 0);
    t.false(stderr.includes('hush-hush'), stderr);
  }
  t.deepEqual(await readSecrets({ directory }), before);
  t.is((await readFile(join(directory, 'redis'), 'utf8')).trim(), before.redis);
});

test('an appliance without secrets has nothing to export', async (t) => {
  const { mediaNode } = await appliance(t);
  const { exitCode, stderr } = await mediaNode('export');
  t.not(exitCode, 0);
  t.regex(stderr, /no secrets yet/);
});
