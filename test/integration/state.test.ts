import { copyFile, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Status } from '../../agent/control/status.ts';
import type { Paths } from '../../agent/system/paths.ts';
import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { type Client, createClient, echoedBySfu } from '../support/client.ts';
import { needs, testWhen } from '../support/needs.ts';

// What an appliance remembers: how far it was brought up, its database, its secrets.
const test = testWhen(needs(APPLIANCE_NEEDS));
let appliance: Appliance;
let client: Client;
let paths: Paths;

test.before('an appliance comes up', async () => {
  appliance = await startAppliance();
  client = createClient(appliance.machine);
  paths = appliance.paths;
});
test.after.always('it is taken away', () => appliance?.destroy());

const echoed = () => echoedBySfu(client);
/** The steps by when they were done. */
const finished = ({ provisioning }: Status) =>
  new Map(provisioning.steps.map(({ name, finishedAt }) => [name, finishedAt]));

test('provision tells anybody each step of a machine that is set up, and when it was done', async (t) => {
  const { steps } = (await appliance.status()).provisioning;
  const { exitCode, stdout, stderr } = await appliance.agentctlAsNobody('provision');
  t.is(exitCode, 0, stderr);
  // A detail may go on below its line.
  const lines = stdout.split('\n').filter((line) => /^\S/.test(line));
  t.log(stdout);
  t.deepEqual(
    lines.slice(0, -1).map((line) => line.split(/ +/).slice(0, 2)),
    steps.map(({ name }) => [name, 'done']),
  );
  t.is(lines.at(-1), 'This machine is set up.');
});

test('provision --from is for root, and for a step that there is', async (t) => {
  t.is((await appliance.agentctlAsNobody('provision', '--from', 'images')).exitCode, 77);
  const { exitCode, stderr } = await appliance.agentctl('provision', '--from', 'coffee');
  t.is(exitCode, 64);
  t.regex(stderr, /There is no step coffee \[UNKNOWN_STEP\]\n {2}Next: There are: configuration, secrets, /);
});

test('provision --from goes through that step and those after it again, and touches nothing that is in order', async (t) => {
  const [before, running] = [finished(await appliance.status()), await appliance.containers()];
  const { exitCode, stdout, stderr } = await appliance.agentctl('provision', '--from', 'images');
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /^serving +done/m);
  const after = finished(await appliance.status());
  const names = [...before.keys()];
  t.deepEqual(
    names.filter((name) => after.get(name) === before.get(name)),
    names.slice(0, names.indexOf('images')),
  );
  t.is(await appliance.containers(), running);
  t.is(await echoed(), 10);
  const asked = (await appliance.events()).filter(({ kind }) => kind === 'provisioning-asked');
  t.is(asked.length, 1);
});

test('provision waits for what is not done, names it, and ends when it is; a hold is respected', async (t) => {
  await appliance.agentctl('hold', 'livekit');
  await appliance.docker('stop', '--time', '1', 'appliance-livekit-1');
  await appliance.until('it is held, and not asked', 30_000, ({ services }) =>
    services.some(({ name, state, probe }) => name === 'livekit' && state === 'held' && probe === null),
  );
  const waiting = appliance.agentctl('provision', '--from', 'serving');
  const { provisioning } = await appliance.until(
    'it waits for the service',
    15_000,
    ({ provisioning }) => provisioning.state === 'running',
  );
  t.regex(provisioning.steps.at(-1)?.detail ?? '', /livekit/);
  await appliance.agentctl('release', 'livekit');
  const { exitCode, stdout } = await waiting;
  t.is(exitCode, 0);
  t.regex(stdout, /^serving +running +- +no answer yet: livekit$[\s\S]*^serving +done /m);
  await appliance.until('all is well', 20_000, isUp);
});

test('provision with the agent dead says so and does not wait', async (t) => {
  await appliance.agent().stop({ signal: 'SIGKILL' });
  const { exitCode, stdout } = await appliance.agentctl('provision');
  t.is(exitCode, 3);
  t.regex(stdout, /The agent is not running/);
});

test('a database that is damaged is set aside: the stack is left alone, and the problem is named', async (t) => {
  const before = await appliance.containers();
  // What the killed agent left in the write-ahead log may hold the same page, and would cover the damage.
  const database = new Database(paths.database);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  const file = await open(paths.database, 'r+');
  await file.write(Buffer.alloc(4096, 0xa5), 0, 4096, 0);
  await file.close();
  await appliance.startAgent();
  await appliance.until(
    'the new agent reports, and knows again that all was set up',
    20_000,
    ({ problems, provisioning }) =>
      provisioning.state === 'done' && problems.some(({ code }) => code === 'DATABASE_RECOVERED'),
  );
  t.is(await appliance.containers(), before);
  t.true((await readdir(paths.stateDirectory)).some((name) => name.includes('corrupt')));
  t.is(await echoed(), 10);
});

test('a database of a newer release is not touched, and the stack goes on', async (t) => {
  const before = await appliance.containers();
  await appliance.agent().stop();
  const kept = join(appliance.machine.root, 'state.db.kept');
  await copyFile(paths.database, kept);
  const file = await open(paths.database, 'r+');
  // The user version of an SQLite file is the big-endian number at offset 60 (sqlite.org/fileformat.html).
  await file.write(Buffer.from([0, 0, 0x27, 0x0f]), 0, 4, 60);
  await file.close();
  const written = await readFile(paths.database);
  await appliance.startAgent();
  await appliance.until('it is named', 20_000, ({ problems }) =>
    problems.some(({ code }) => code === 'DATABASE_NEWER'),
  );
  t.is(await appliance.containers(), before);
  t.is(await echoed(), 10);
  await appliance.agent().stop();
  t.deepEqual(await readFile(paths.database), written);
  await copyFile(kept, paths.database);
  await appliance.startAgent();
  await appliance.until('all is well', 20_000, isUp);
});

test('the secret is nowhere but in its file and in coturn’s database', async (t) => {
  const secret = (await readFile(join(paths.secrets, 'turn'), 'utf8')).trim();
  const places = {
    log: appliance.agent().output(),
    status: await readFile(paths.status, 'utf8'),
    events: await readFile(paths.events, 'utf8'),
    database: await readFile(paths.database, 'latin1'),
    'write-ahead log': await readFile(`${paths.database}-wal`, 'latin1').catch(() => ''),
    'configuration of coturn': await readFile(join(paths.rendered, 'coturn/turnserver.conf'), 'utf8'),
    'compose file': await readFile(join(paths.rendered, 'compose.yaml'), 'utf8'),
    containers: await appliance.docker('inspect', 'appliance-livekit-1', 'appliance-coturn-1'),
    'process list': (await appliance.machine.inHost('ps', ['axeww'])).stdout,
  };
  for (const [place, text] of Object.entries(places)) t.false(text.includes(secret), place);
  const { stdout } = await appliance.machine.inHost('stat', [
    '-c',
    '%a %u',
    join(paths.secrets, 'turn'),
    join(paths.rendered, 'coturn/turn.db'),
  ]);
  t.is(stdout, '600 0\n400 73478\n');
});
