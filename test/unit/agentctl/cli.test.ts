import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { changes } from '../../../agent/agentctl/commands/events.ts';
import { writeEvents } from '../../../agent/control/events-file.ts';
import { startControlServer } from '../../../agent/control/server.ts';
import type { FirewallStatus } from '../../../agent/control/status.ts';
import { writeStatus } from '../../../agent/control/status-file.ts';
import { ensureSecrets } from '../../../agent/stack/secrets.ts';
import { connect } from '../../../agent/store/connection.ts';
import { migrate } from '../../../agent/store/migrate.ts';
import { readMigrations } from '../../../agent/store/migrations.ts';
import { prepareQueries } from '../../../agent/store/queries.ts';
import { systemClock } from '../../../agent/system/clock.ts';
import { appliancePaths, type Paths } from '../../../agent/system/paths.ts';
import { died, livekitDown, statusOf, wellStatus } from '../control/a-status.ts';
import { quietApi } from '../control/an-api.ts';
import { image } from '../stack/element-call/samples.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
const MAIN = join(PROJECT, 'agent/agentctl/main.ts');

/** An appliance below a folder of its own. */
async function appliance(t: ExecutionContext): Promise<{ root: string; paths: Paths }> {
  const root = await mkdtemp(join(tmpdir(), 'aa-cli-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  return { root, paths: appliancePaths(root) };
}

const environment = (root: string) => ({ PATH: process.env.PATH, TZ: 'UTC', APPLIANCE_AGENT_ROOT: root });

interface Outcome {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs agentctl to its end, as a process of its own. */
async function agentctl(root: string, ...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment(root), timeout: 30_000 });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.err += text;
  });
  const [exit] = await once(child, 'close');
  return { exit, ...texts };
}

/** An agent that holds its socket. */
async function runAgent(
  t: ExecutionContext,
  paths: Paths,
  firewall: FirewallStatus = wellStatus.firewall,
): Promise<void> {
  const server = await startControlServer(paths.socket, { ...quietApi, firewall: async () => firewall });
  t.teardown(() => server.close());
}

for (const [overall, exit] of [
  ['ok', 0],
  ['degraded', 1],
  ['critical', 2],
  ['unknown', 3],
] as const) {
  test.serial(
    `status exits ${exit} when the appliance is ${overall}, on the screen and as JSON`,
    async (t) => {
      const { root, paths } = await appliance(t);
      await runAgent(t, paths);
      const problems = overall === 'ok' ? [] : [livekitDown];
      await writeStatus(paths.status, statusOf(0, { overall, problems }));
      const screen = await agentctl(root, 'status');
      t.is(screen.exit, exit, screen.err);
      t.true(screen.out.startsWith(`${overall.toUpperCase()}  `), screen.out);
      t.false(screen.out.includes('\x1b'), 'no colours where there is no terminal');
      const json = await agentctl(root, 'status', '--json');
      t.is(json.exit, exit);
      const content = JSON.parse(json.out);
      t.like(content, { schemaVersion: 1, overall, stale: false, reason: 'fresh' });
      t.true(content.ageMs >= 0 && content.ageMs < 30_000);
    },
  );
}

for (const [state, open, exit] of [
  ['in-sync', true, 0],
  ['drifted', true, 1],
  ['failed', true, 2],
  ['in-sync', false, 2],
] as const) {
  test.serial(
    `firewall show and diff exit ${exit} when the table is ${state} and the way through ${open ? 'open' : 'blocked'}`,
    async (t) => {
      const { root, paths } = await appliance(t);
      const firewall: FirewallStatus = {
        ...wellStatus.firewall,
        state,
        differences: state === 'in-sync' ? [] : ['chain forward: the rule mark-in is missing'],
        forwardPath: { open, detail: 'policy of FORWARD' },
      };
      // As root the agent is asked; for anybody else it is what it wrote.
      await runAgent(t, paths, firewall);
      await writeStatus(paths.status, statusOf(0, { firewall }));
      const shown = await agentctl(root, 'firewall', 'show');
      t.is(shown.exit, exit, shown.err);
      t.regex(shown.out, /^7882\/udp /m);
      const difference = await agentctl(root, 'firewall', 'diff');
      t.is(difference.exit, exit, difference.err);
      t.is(/mark-in is missing/.test(difference.out), state !== 'in-sync');
      const json = await agentctl(root, 'firewall', 'diff', '--json');
      t.like(JSON.parse(json.out), { state, differences: firewall.differences, stale: false });
    },
  );
}

test.serial('without an agent, firewall shows what was last seen, says so, and exits 3', async (t) => {
  const { root, paths } = await appliance(t);
  t.like(await agentctl(root, 'firewall', 'diff'), { exit: 3 });
  await writeStatus(paths.status, statusOf(1_000));
  const { exit, out } = await agentctl(root, 'firewall', 'show');
  t.is(exit, 3);
  t.regex(out, /^UNKNOWN {2}Seen by the agent \d+(\.\d)? s ago; the agent that wrote it is not running\.$/m);
  t.regex(out, /^7882\/udp /m);
});

test.serial('with the agent dead, status shows what it saw and how long ago, and exits 3', async (t) => {
  const { root, paths } = await appliance(t);
  await writeStatus(paths.status, statusOf(45_000));
  const { exit, out, err } = await agentctl(root, 'status');
  t.is(exit, 3, err);
  t.regex(out, /^UNKNOWN {2}The agent is not running: this is what it saw (4[5-9]|5\d) s ago\.$/m);
  t.regex(out, /^livekit {2}running /m);
  const json = await agentctl(root, 'status', '--json');
  t.is(json.exit, 3);
  t.like(JSON.parse(json.out), { overall: 'ok', stale: true, reason: 'too-old' });
});

test.serial('an agent that died a moment ago is not taken to be there', async (t) => {
  const { root, paths } = await appliance(t);
  await writeStatus(paths.status, statusOf(1_000));
  const { exit, out } = await agentctl(root, 'status');
  t.is(exit, 3);
  t.regex(out, /^UNKNOWN {2}The agent is not running: this is what it saw \d+(\.\d)? s ago\.$/m);
  t.like(JSON.parse((await agentctl(root, 'status', '--json')).out), { stale: true, reason: 'not-running' });
});

test.serial('an agent that holds its socket and does not report is not called dead', async (t) => {
  const { root, paths } = await appliance(t);
  await runAgent(t, paths);
  await writeStatus(paths.status, statusOf(45_000));
  const { exit, out } = await agentctl(root, 'status');
  t.is(exit, 3);
  t.regex(out, /^UNKNOWN {2}The agent runs but does not report/);
});

test.serial('a status of an earlier boot is stale and has no age', async (t) => {
  const { root, paths } = await appliance(t);
  await writeStatus(paths.status, statusOf(0, { bootId: 'an-earlier-boot' }));
  const { exit, out } = await agentctl(root, 'status');
  t.is(exit, 3);
  t.regex(out, /before the machine\s+started anew/);
  const json = await agentctl(root, 'status', '--json');
  t.like(JSON.parse(json.out), { ageMs: null, stale: true, reason: 'other-boot' });
});

test.serial('without a status file, status says what that means and exits 3', async (t) => {
  const { root } = await appliance(t);
  const { exit, out, err } = await agentctl(root, 'status');
  t.is(exit, 3, err);
  t.regex(out, /has reported nothing since the machine started/);
  t.regex(out, /install\.sh/);
  const json = await agentctl(root, 'status', '--json');
  t.is(json.exit, 3);
  t.deepEqual(JSON.parse(json.out), { overall: 'unknown', ageMs: null, stale: true, reason: 'absent' });
});

test.serial('a garbage status file is reported, not thrown', async (t) => {
  const { root, paths } = await appliance(t);
  await mkdir(dirname(paths.status), { recursive: true });
  for (const content of ['', '{"schemaVersion":1', '\0\0\0', '{"schemaVersion":1,"overall":"ok"}']) {
    await writeFile(paths.status, content);
    const { exit, out, err } = await agentctl(root, 'status');
    t.is(exit, 3);
    t.is(err, '');
    t.regex(out, /^UNKNOWN {2}The status cannot be read/);
  }
});

test.serial('status --watch goes on and shows what changes', async (t) => {
  const { root, paths } = await appliance(t);
  await runAgent(t, paths);
  await writeStatus(paths.status, statusOf(0));
  const child = spawn(process.execPath, [MAIN, 'status', '--watch'], {
    env: environment(root),
    timeout: 30_000,
  });
  const ended = once(child, 'close');
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  await until(() => out.includes('OK  All services'));
  await writeStatus(paths.status, statusOf(0, { overall: 'critical', problems: [livekitDown] }));
  await until(() => out.includes('CRITICAL  1 problem'));
  child.kill('SIGINT');
  await ended;
  t.is(child.signalCode, 'SIGINT');
});

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (holds()) return;
    await delay(50);
  }
  throw new Error('it did not come true within 10 s');
}

test.serial('status loads neither the daemon’s libraries nor those of other commands', async (t) => {
  const { root, paths } = await appliance(t);
  await runAgent(t, paths);
  await writeStatus(paths.status, statusOf(0));
  const hook = join(root, 'hook.mjs');
  await writeFile(
    hook,
    `import { writeSync } from 'node:fs';
     import { registerHooks } from 'node:module';
     registerHooks({ load: (url, context, next) => { writeSync(2, url + '\\n'); return next(url, context); } });`,
  );
  const { status, stderr } = spawnSync(process.execPath, ['--import', hook, MAIN, 'status'], {
    env: environment(root),
    encoding: 'utf8',
    timeout: 30_000,
  });
  t.is(status, 0, stderr);
  const packages = new Set([...stderr.matchAll(/\/node_modules\/([^/]+)\//g)].map(([, name]) => name));
  const ofTables = [
    'ansi-regex',
    'cli-table3',
    'emoji-regex',
    'is-fullwidth-code-point',
    'string-width',
    'strip-ansi',
  ];
  t.deepEqual([...packages].sort(), [...ofTables, 'commander', 'zod'].sort());
  const rooms = new Set([...stderr.matchAll(/\/agent\/([^/]+)\//g)].map(([, name]) => name));
  t.deepEqual([...rooms].sort(), ['agentctl', 'conditions', 'control', 'system']);
});

test.serial('events tell the newest last, from the file that everybody can read', async (t) => {
  const { root, paths } = await appliance(t);
  const now = systemClock().now();
  const old = { ...died, at: { ...died.at, wall: '2026-01-02T03:04:05.000Z' } };
  const recent = { ...died, id: 8, at: now, kind: 'service-started', cause: 'it was healed' };
  await writeEvents(paths.events, [old, recent]);
  const all = await agentctl(root, 'events');
  t.is(all.exit, 0, all.err);
  t.regex(
    all.out,
    /^2026-01-02 03:04:05 {2}livekit {4}service died: .*\n.*start the container: ok in 0\.8 s.*\n.*service started: it was healed/,
  );
  const json = await agentctl(root, 'events', '--json', '--since', '1h');
  t.deepEqual(
    json.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [recent],
  );
  const none = await agentctl(root, 'events', '--since', '2999-01-01');
  t.deepEqual([none.exit, none.out], [0, 'Nothing was recorded since then.\n']);
});

test.serial('events --follow tells what is added, and how what was under way ended', async (t) => {
  const { root, paths } = await appliance(t);
  const pending = { ...died, result: 'pending' as const, resultDetail: '', durationMs: null };
  await writeEvents(paths.events, [pending]);
  const child = spawn(process.execPath, [MAIN, 'events', '--follow'], {
    env: environment(root),
    timeout: 30_000,
  });
  const ended = once(child, 'close');
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  await until(() => out.includes('under way'));
  await writeEvents(paths.events, [died, { ...died, id: 8, kind: 'table-lost' }]);
  await until(() => out.includes('table lost'));
  child.kill('SIGINT');
  await ended;
  t.regex(out, /under way\n +start the container: ok in 0\.8 s \(serving again\)\n.*table lost/);
});

test.serial('a new database, whose ids begin anew, hides no event', (t) => {
  const anew = { ...died, at: { ...died.at, monotonicMs: 99_000 } };
  t.deepEqual(changes([died], [anew]), { added: [anew], concluded: [] });
});

test.serial('without the file, events come from the database', async (t) => {
  const { root, paths } = await appliance(t);
  const before = await agentctl(root, 'events');
  t.is(before.exit, 69);
  t.regex(before.err, /^agentctl: The agent has recorded nothing /);
  await mkdir(paths.stateDirectory, { recursive: true });
  const database = connect(paths.database);
  migrate(database, readMigrations(join(PROJECT, 'migrations')), died.at.wall);
  const { id: _, ...event } = died;
  prepareQueries(database).record(event);
  database.close();
  const after = await agentctl(root, 'events');
  t.is(after.exit, 0, after.err);
  t.regex(after.out, /livekit {4}service died/);
});

test.serial('hold, release and heal reach the agent and pass on what it says', async (t) => {
  const { root, paths } = await appliance(t);
  const asked: string[] = [];
  const note = (what: string) => async (request: { service: string; forMs?: number | null }) => {
    asked.push(`${what} ${request.service}${request.forMs ? ` for ${request.forMs}` : ''}`);
    return { message: `${request.service}: ${what} done.` };
  };
  const server = await startControlServer(paths.socket, {
    ...quietApi,
    hold: note('hold'),
    release: note('release'),
    heal: note('heal'),
  });
  t.teardown(() => server.close());
  for (const what of ['hold', 'release', 'heal']) {
    const { exit, out, err } = await agentctl(root, what, 'livekit');
    t.deepEqual([exit, out, err], [0, `livekit: ${what} done.\n`, '']);
  }
  t.is((await agentctl(root, 'hold', 'livekit', '--for', '2h')).exit, 0);
  t.deepEqual(asked, ['hold livekit', 'release livekit', 'heal livekit', 'hold livekit for 7200000']);
  t.is((await agentctl(root, 'hold', 'livekit', '--for', 'ever')).exit, 64);
});

test.serial('without an agent to ask they exit 69 and say how to start it', async (t) => {
  const { root } = await appliance(t);
  const { exit, out, err } = await agentctl(root, 'release', 'livekit');
  t.deepEqual([exit, out], [69, '']);
  t.regex(err, /^agentctl: The agent is not running \[AGENT_NOT_RUNNING\]\n {2}Next: Start it with: /);
});

test.serial('a command that does not exist exits 64 with the nearest one', async (t) => {
  const { root } = await appliance(t);
  const { exit, err } = await agentctl(root, 'statsu');
  t.is(exit, 64);
  t.is(
    err,
    "agentctl: unknown command 'statsu' [USAGE]\n(Did you mean status?)\n  Next: `agentctl --help`\n",
  );
  const misused = await agentctl(root, 'config', 'show', '--jsn');
  t.is(misused.exit, 64);
  t.is(misused.err, "agentctl: unknown option '--jsn' [USAGE]\n  Next: `agentctl config show --help`\n");
  t.is((await agentctl(root)).exit, 64);
  t.is((await agentctl(root, 'hold')).exit, 64);
  t.is((await agentctl(root, 'events', '--since', 'yesterday')).exit, 64);
});

test.serial('what the demonstration does not have cannot be proved, and is unknown', async (t) => {
  const { root, paths } = await appliance(t);
  await mkdir(dirname(paths.config), { recursive: true });
  await writeFile(paths.config, 'stack: embedded\n');
  const { exit, err } = await agentctl(root, 'verify');
  t.is(exit, process.getuid?.() === 0 ? 3 : 77);
  t.regex(err, /^agentctl: .* \[(VERIFY_NO_CHAIN|NEEDS_ROOT)\]\n {2}Next: /);
  t.is((await agentctl(root, 'verify', '--offline', '--root', join(root, 'none'))).exit, 64);
});

test.serial('help that was asked for exits 0 and names every command', async (t) => {
  const { root } = await appliance(t);
  t.is((await agentctl(root, 'help')).exit, 0);
  t.regex((await agentctl(root, '--version')).out, /^agentctl \d+\.\d+\.\d+\n$/);
  const { exit, out } = await agentctl(root, '--help');
  t.is(exit, 0);
  for (const name of [
    'status',
    'events',
    'doctor',
    'explain',
    'heal',
    'hold',
    'release',
    'config',
    'version',
  ]) {
    t.regex(out, new RegExp(`^  ${name}\\b`, 'm'));
  }
});

test.serial('explain tells what a code means in any case, and which codes there are', async (t) => {
  const { root } = await appliance(t);
  const { exit, out } = await agentctl(root, 'explain', 'disk_low');
  t.is(exit, 0);
  t.regex(out, /^Disk space is low \[DISK_LOW\]\n\n[\s\S]*\nNext: /);
  t.is((await agentctl(root, 'explain', 'AGENT_SILENT')).exit, 0);
  t.regex((await agentctl(root, 'explain', 'waiting for media')).out, /\[MEDIA_NEVER_CAME\]/);
  const unknown = await agentctl(root, 'explain', 'NONSENSE');
  t.is(unknown.exit, 64);
  t.regex(unknown.err, /The codes are: [\s\S]*SERVICE_DOWN/);
});

test.serial('config validate says what is wrong in which line, and changes nothing', async (t) => {
  const { root, paths } = await appliance(t);
  const file = join(root, 'new.yaml');
  await writeFile(file, 'stack: embedded\nturn:\n  relayPorts: 49152-70000\n');
  const refused = await agentctl(root, 'config', 'validate', file);
  t.deepEqual([refused.exit, refused.out], [1, '']);
  t.true(refused.err.startsWith(`${file}:3: turn.relayPorts: `), refused.err);
  await writeFile(file, 'stack: embedded\nturn:\n  relayPorts: 50000-50100\n');
  t.deepEqual(await agentctl(root, 'config', 'validate', file), {
    exit: 0,
    out: `${file} is valid.\n`,
    err: '',
  });
  const missing = await agentctl(root, 'config', 'validate');
  t.is(missing.exit, 1);
  t.true(missing.err.startsWith(`${paths.config}: there is no such file; `), missing.err);
  await writeFile(file, '');
  const empty = await agentctl(root, 'config', 'validate', file);
  t.is(empty.exit, 1);
  t.true(empty.err.startsWith(`${file}:1: domains.rtc: it is missing`), empty.err);
  const folder = await agentctl(root, 'config', 'validate', root);
  t.is(folder.exit, 64);
  t.is(folder.err, `agentctl: ${root} is a folder [USAGE]\n  Next: Give the file that is meant.\n`);
});

const FULL_CONFIG = `
domains: {rtc: rtc.example.org, matrix: matrix.example.org, serverName: example.org}
vpn: {ranges: [10.8.0.0/24]}
certificates: {kind: acme}
turn: {relayPorts: 50000-50100}
`;

test.serial('config show prints what is in force, and its output is a valid configuration', async (t) => {
  const { root, paths } = await appliance(t);
  await mkdir(dirname(paths.config), { recursive: true });
  await writeFile(paths.config, FULL_CONFIG);
  const { exit, out } = await agentctl(root, 'config', 'show');
  t.is(exit, 0);
  t.regex(out, /^# From .*Defaults: stack, role, primary, mediaNodes, domains\.turn, network\.addresses/);
  t.regex(out, /^ {2}relayPorts: 50000-50100$/m);
  const shown = join(root, 'shown.yaml');
  await writeFile(shown, out);
  const again = await agentctl(root, 'config', 'validate', shown);
  t.is(again.exit, 0, again.err);
  await writeFile(paths.config, 'turn: 7\n');
  const refused = await agentctl(root, 'config', 'show');
  t.is(refused.exit, 1);
  t.regex(refused.err, /The agent goes on with the newest one that it accepted, if any/);
});

test.serial('config diff says what a configuration would do, with secrets hidden', async (t) => {
  const { root, paths } = await appliance(t);
  await mkdir(dirname(paths.config), { recursive: true });
  await writeFile(paths.config, FULL_CONFIG);
  const early = await agentctl(root, 'config', 'diff');
  t.is(early.exit, 69);
  t.regex(early.err, /no secrets yet/);
  const secrets = await ensureSecrets({ directory: paths.secrets });
  await mkdir(paths.images, { recursive: true });
  const images = ['livekit', 'coturn', 'lk-jwt', 'tuwunel', 'traefik'].map(image);
  await writeFile(join(paths.images, 'images.json'), JSON.stringify({ schemaVersion: 1, images }));
  const first = await agentctl(root, 'config', 'diff');
  t.is(first.exit, 1, first.err);
  t.regex(first.out, /^traefik\/dynamic\/routes\.yml$/m);
  t.regex(first.out, /^ {2}\+ min-port=50000$/m);
  t.regex(first.out, /^Containers made anew: coturn, livekit, lk-jwt, tuwunel, traefik\.$/m);
  for (const value of Object.values(secrets)) t.false(first.out.includes(value));
  await writeFile(paths.config, 'stack: element\n');
  const refused = await agentctl(root, 'config', 'diff');
  t.is(refused.exit, 1);
  t.regex(refused.err, /"element" is not a stack/);
});

test.serial(
  'doctor works with nothing installed, checks everything and never calls the unknown bad',
  async (t) => {
    const { root } = await appliance(t);
    const { exit, out, err } = await agentctl(root, 'doctor', '--json');
    t.is(err, '');
    const { overall, checks } = JSON.parse(out);
    t.is(overall, 'critical');
    t.is(exit, 2);
    const stateOf = (check: string) =>
      checks.find((found: { check: string }) => found.check === check)?.state;
    t.is(stateOf('Agent'), 'fail');
    t.is(stateOf('Docker Engine'), 'fail');
    t.is(stateOf('Configuration'), 'fail');
    t.is(stateOf('Database'), 'skip');
    t.is(stateOf('Services'), 'skip');
    t.is(stateOf('Disk space') === 'skip', false);
    for (const { state, next, evidence } of checks) {
      t.true(evidence.length > 0);
      t.is(next === null, state === 'ok' || state === 'skip');
    }
    const screen = await agentctl(root, 'doctor');
    t.is(screen.exit, 2);
    t.regex(screen.out, /^FAIL {2}Docker Engine +no Docker Engine answers/m);
  },
);

test.serial('version names the release, and the one that runs when it is another', async (t) => {
  const { root, paths } = await appliance(t);
  t.regex((await agentctl(root, 'version')).out, /^agentctl \d+\.\d+\.\d+ \(Node v24\.\d+\.\d+\)\n$/);
  await runAgent(t, paths);
  await writeStatus(paths.status, statusOf(0, { agentVersion: '0.0.9' }));
  t.regex((await agentctl(root, 'version')).out, /The agent that runs is 0\.0\.9\./);
});

test.serial('a reader that stops reading is no error', async (t) => {
  const { root, paths } = await appliance(t);
  await writeEvents(
    paths.events,
    Array.from({ length: 500 }, (_, id) => ({ ...died, id })),
  );
  const script = `"${process.execPath}" "${MAIN}" events | head -n 1`;
  const piped = spawnSync('/bin/sh', ['-c', script], {
    env: environment(root),
    encoding: 'utf8',
    timeout: 30_000,
  });
  t.is(piped.stderr, '');
  t.regex(piped.stdout, /service died/);
});
