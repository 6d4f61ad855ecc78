import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { buildRelease } from '../../../agent/release/build-release.ts';
import { run } from '../../../agent/system/processes.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
let directory = '';
let release = '';

test.before(async (t) => {
  t.timeout(120_000);
  directory = await mkdtemp(join(tmpdir(), 'aa-release-'));
  release = await buildRelease(PROJECT, join(directory, 'one'));
});

test.after.always(async () => {
  await rm(directory, { recursive: true, force: true });
});

const agentctl = (args: string[], env: Record<string, string> = {}) =>
  run(join(directory, 'one/bin/agentctl'), args, {
    timeoutMs: 30_000,
    env: { APPLIANCE_AGENT_ROOT: join(directory, 'appliance'), NO_COLOR: '1', ...env },
  });

test('the same sources give the same release, wherever it is built', async (t) => {
  t.timeout(120_000);
  t.is(await buildRelease(PROJECT, join(directory, 'elsewhere/two')), release);
  t.is(await readFile(join(directory, 'one/VERSION'), 'utf8'), `${release}\n`);
  t.regex(release, /^\d+\.\d+\.\d+-[0-9a-f]{12}$/);
});

test('the release carries its own Node.js 24, a default configuration, units, migrations and one addon', async (t) => {
  const node = await run(join(directory, 'one/bin/node'), ['--version'], { timeoutMs: 10_000 });
  t.regex(node.stdout, /^v24\./);
  for (const file of [
    'agent.js',
    'bin/appliance-agent',
    'build-images.js',
    'docker-setting.js',
    'import-images.js',
    'appliance.yaml',
    'appliance.schema.json',
    'firmware-profiles/profile.schema.json',
    'docs/element-call.md',
    'units/appliance-agent.service',
    'tune.js',
    'verify-request.js',
    'LICENSE',
  ])
    await t.notThrowsAsync(access(join(directory, 'one', file)));
  t.true((await readdir(join(directory, 'one/migrations'))).some((name) => name.endsWith('.sql')));
  t.deepEqual(await readdir(join(directory, 'one/node_modules')), ['better-sqlite3']);
  t.deepEqual(await readdir(join(directory, 'one/node_modules/better-sqlite3/prebuilds')), [
    `linux-${process.arch}.node`,
  ]);
});

test("the release's SQLite addon works under the release's Node.js, away from the project", async (t) => {
  const script =
    "import D from 'better-sqlite3'; console.log(new D(':memory:').prepare('select 6*7 as n').get().n)";
  const result = await run(join(directory, 'one/bin/node'), ['--input-type=module', '--eval', script], {
    timeoutMs: 10_000,
    cwd: join(directory, 'one'),
  });
  t.is(result.stdout, '42\n', result.stderr);
});

test('agentctl runs from the release, and says that nothing is installed', async (t) => {
  const status = await agentctl(['status']);
  t.is(status.exitCode, 3, status.stderr);
  const version = await agentctl(['version']);
  t.true(version.stdout.includes(release.split('-')[0] ?? '?'), version.stdout);
});

test('every package that a command loads lazily works from the bundle', async (t) => {
  const doctor = await agentctl(['doctor']);
  t.notRegex(doctor.stdout + doctor.stderr, /is not a (function|constructor)|undefined|Dynamic require/);
  const profiles = await agentctl(['profile', 'list']);
  t.is(profiles.exitCode, 0, profiles.stderr);
  t.regex(profiles.stdout, /this machine has it/);
  const validate = await agentctl(['config', 'validate', join(directory, 'one/appliance.yaml')]);
  t.is(validate.exitCode, 1, validate.stdout + validate.stderr);
  t.regex(validate.stderr, /domains\.rtc: it is missing; write the name/);
});

test('what agentctl loads for a status holds no daemon: no SQLite, no logger', async (t) => {
  const chunks = await readdir(join(directory, 'one/agentctl'));
  const status = chunks.find((name) => name.startsWith('status-'));
  const entries = [
    join(directory, 'one/agentctl.js'),
    join(directory, 'one/agentctl', status ?? 'no status chunk'),
  ];
  const text = await loadedText(entries);
  t.true(text.includes('// node_modules/commander/'), 'the packages of the bundle can be told');
  for (const name of ['better-sqlite3', 'pino'])
    t.false(text.includes(`// node_modules/${name}/`) || text.includes(`from "${name}"`), name);
});

test('the daemon’s source is ASCII: V8 would keep any other with two bytes a character', async (t) => {
  t.regex(await readFile(join(directory, 'one/agent.js'), 'latin1'), /^[\0-\x7f]*$/);
});

test('the daemon formats no date with Intl, which would load ICU', async (t) => {
  const text = await readFile(join(directory, 'one/agent.js'), 'latin1');
  t.true(text.includes('UtcDateTimeFormat('), 'node-cron’s calendar can be told');
  t.notRegex(text, /\bIntl\.|toLocale\w+\(|localeCompare\(/);
});

/** The text of these modules and of all that they import, except what they import lazily. */
async function loadedText(files: string[], seen = new Set<string>()): Promise<string> {
  let text = '';
  for (const file of files) {
    if (seen.has(file)) continue;
    seen.add(file);
    const own = await readFile(file, 'utf8');
    const imports = [...own.matchAll(/^(?:import|\} from)[^;]*?"(\.[^"]+)";$/gm)].map(([, path]) =>
      join(file, '..', path ?? ''),
    );
    text += own + (await loadedText(imports, seen));
  }
  return text;
}
