import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createCompose } from '../../../agent/engine/compose.ts';
import {
  findPlugin,
  PLUGIN_PATHS,
  parseVersion,
  pluginCandidates,
  rememberPlugin,
} from '../../../agent/engine/compose-plugin.ts';
import { run } from '../../../agent/system/processes.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-compose-'));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

/** A program in the place of Compose. */
async function program(directory: string, name: string, script: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const V2 = 'if [ "$1" = version ]; then echo 2.26.1-4; exit; fi';

test('versions are read as Debian and Docker print them', (t) => {
  t.is(parseVersion('2.26.1-4\n'), '2.26.1');
  t.is(parseVersion('v2.40.3\n'), '2.40.3');
  t.is(parseVersion('5.0.0+ds1'), '5.0.0');
  t.is(parseVersion('docker-compose version 1.29.2, build unknown'), null);
  t.is(parseVersion(''), null);
});

test('the first place that holds Compose 2 is taken; version 1 and other programs are passed over', async (t) => {
  const here = await folder(t);
  const candidates = [
    join(here, 'not-there'),
    await program(here, 'v1', 'echo 1.29.2'),
    await program(here, 'other', 'echo "unknown command" >&2; exit 1'),
    await program(here, 'v2', V2),
    await program(here, 'later', 'echo 9.9.9'),
  ];
  t.deepEqual(await findPlugin(run, candidates), { path: join(here, 'v2'), version: '2.26.1' });
});

test('without Compose 2 the error says what was found instead and what to do', async (t) => {
  const here = await folder(t);
  const v1 = await program(here, 'v1', 'echo 1.29.2');
  const error = await t.throwsAsync(findPlugin(run, [v1]), { code: 'COMPOSE_MISSING' });
  t.is(error.message, `Docker Compose version 2 is not installed (${v1} is version 1.29.2)`);
  t.regex((error as unknown as { hint: string }).hint, /install\.sh/);
});

test('a file that may not be executed is no plugin', async (t) => {
  const here = await folder(t);
  const path = await program(here, 'v2', V2);
  await chmod(path, 0o644);
  await t.throwsAsync(findPlugin(run, [path]), { code: 'COMPOSE_MISSING' });
});

test('a plugin is asked for its version once, until its file is another', async (t) => {
  const here = await folder(t);
  const log = join(here, 'log');
  const path = await program(here, 'v2', `echo x >>${log}; ${V2}`);
  const asked = async () => (await readFile(log, 'utf8')).length / 2;
  const find = rememberPlugin(() => findPlugin(run, [path]));
  t.is((await find()).version, '2.26.1');
  t.is((await find()).version, '2.26.1');
  t.is(await asked(), 1);
  await program(here, 'v2', 'echo 2.40.3');
  t.is((await find()).version, '2.40.3');
  await rm(path);
  await t.throwsAsync(find(), { code: 'COMPOSE_MISSING' });
});

test('a place named in the environment comes first', (t) => {
  t.deepEqual(pluginCandidates({ APPLIANCE_AGENT_COMPOSE: '/x' }), ['/x', ...PLUGIN_PATHS]);
  t.deepEqual(pluginCandidates({}), PLUGIN_PATHS);
});

test('Compose is told everything: engine, project, file and folder, and nothing of the caller’s', async (t) => {
  const here = await folder(t);
  const seen = join(here, 'seen');
  const plugin = await program(here, 'compose', `${V2}\n{ printf '%s\\n' "$@"; env; pwd; } > '${seen}'`);
  const compose = createCompose({ run, engineSocket: '/run/x.sock', candidates: [plugin] });
  const file = join(here, 'compose.yaml');
  await compose.up({ file, services: ['coturn'], forceRecreate: true });
  const lines = (await readFile(seen, 'utf8')).trim().split('\n');
  t.is(
    lines.slice(0, lines.indexOf('coturn') + 1).join(' '),
    `--ansi never --progress plain --project-name appliance --file ${file} --project-directory ${here} ` +
      'up --detach --no-build --pull never --force-recreate coturn',
  );
  t.true(lines.includes('DOCKER_HOST=unix:///run/x.sock'));
  t.true(lines.includes('DOCKER_CONFIG=/nonexistent'));
  t.is(lines.at(-1), here);

  await compose.up({ file, services: [], forceRecreate: false });
  t.false((await readFile(seen, 'utf8')).includes('--force-recreate'));
  await compose.down({ file, services: ['livekit'] });
  t.true((await readFile(seen, 'utf8')).includes('\ndown\n--remove-orphans\nlivekit\n'));
});

test('a failure carries the last words of Compose and the command to see it by hand', async (t) => {
  const here = await folder(t);
  const plugin = await program(here, 'compose', `${V2}\necho 'network is in use' >&2; exit 14`);
  const compose = createCompose({ run, engineSocket: '/run/x.sock', candidates: [plugin] });
  const file = join(here, 'compose.yaml');
  const error = await t.throwsAsync(compose.down({ file, services: [] }), {
    code: 'COMPOSE_FAILED',
    message: 'docker compose down exited 14: network is in use',
  });
  t.true(
    (error as unknown as { hint: string }).hint.includes(
      `${plugin} --project-name appliance --file ${file} down`,
    ),
  );
  t.is(await compose.version(), '2.26.1');
});
