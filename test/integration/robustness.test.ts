import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Paths } from '../../agent/system/paths.ts';
import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { type Client, createClient, echoedBySfu } from '../support/client.ts';
import { HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
const NFT = '/usr/sbin/nft';
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
const newest = async () => (await appliance.events()).at(-1)?.id ?? 0;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function configure(text: string): Promise<void> {
  await mkdir(dirname(paths.config), { recursive: true });
  await writeFile(paths.config, `stack: embedded\n${text}`);
}

test('somebody adds to our table: it is taken out again, with its words kept, and their own table is left alone', async (t) => {
  const before = await newest();
  const { machine } = appliance;
  await machine.inHost(NFT, ['add', 'table', 'inet', 'theirs']);
  await machine.inHost(NFT, ['insert', 'rule', 'inet', 'appliance', 'forward', 'drop']);
  const marked = async () =>
    (await appliance.events()).some(
      ({ id, kind, result }) => id > before && kind === 'table-drifted' && result === 'ok',
    );
  const deadline = performance.now() + 2_000;
  while (!(await marked()) && performance.now() < deadline) await pause(100);
  const { stdout } = await machine.inHost(NFT, ['list', 'ruleset']);
  t.notRegex(stdout, /^\t\tdrop$/m);
  t.regex(stdout, /table inet theirs/);
  const drift = (await appliance.events()).findLast(
    ({ id, kind }) => id > before && kind === 'table-drifted',
  );
  t.is(drift?.result, 'ok');
  t.regex(drift?.cause ?? '', /chain forward/);
  t.is(await echoed(), 10);
});

test('a third party flushes the ruleset: our table is back within 2 s, and the problem is named', async (t) => {
  const before = await newest();
  const { machine } = appliance;
  const flushedAt = performance.now();
  t.is((await machine.inHost(NFT, ['flush', 'ruleset'])).exitCode, 0);
  for (;;) {
    const { exitCode } = await machine.inHost(NFT, ['list', 'chain', 'inet', 'appliance', 'prerouting']);
    if (exitCode === 0) break;
    if (performance.now() - flushedAt > 2_000) return t.fail('the table is not back within 2 s');
    await pause(50);
  }
  t.log(`back after ${Math.round(performance.now() - flushedAt)} ms`);
  const status = await appliance.until('the problem is named', 10_000, ({ problems }) =>
    problems.some(({ code }) => code === 'DOCKER_RULES_MISSING'),
  );
  t.true(status.problems.some(({ code }) => code === 'TABLE_WAS_CHANGED'));
  const drift = (await appliance.events()).findLast(
    ({ id, kind }) => id > before && kind === 'table-drifted',
  );
  t.regex(drift?.cause ?? '', /table inet appliance is missing/);
  t.is(await echoed(), 10);
});

test('the engine is started anew, as the problem says: its rules are back, and the path is open', async (t) => {
  await appliance.engine().stop();
  await appliance.startEngine();
  const status = await appliance.until(
    'all is well again',
    60_000,
    ({ problems, services }) =>
      services.every(({ probe }) => probe?.ok === true) &&
      problems.every(({ severity }) => severity === 'info'),
  );
  t.false(status.problems.some(({ code }) => code === 'DOCKER_RULES_MISSING'));
  const { stdout } = await appliance.machine.inHost('/usr/sbin/iptables', ['-S', 'DOCKER-USER']);
  t.is(stdout.match(/appliance-agent/g)?.length, 1);
  t.is(await echoed(), 10);
});

for (const [what, text, line, right] of [
  ['an unknown key', 'turn:\n  realms: example\n', 3, /realm/],
  ['a wrong type', 'network: 7\n', 2, /network/],
  ['an impossible port', 'turn:\n  relayPorts: 49152-70000\n', 3, /65535/],
  ['an impossible address', 'network:\n  addresses: [198.51.100.999]\n', 3, /address/],
] as const) {
  test(`${what} in the configuration is refused with its line, and the stack is left alone`, async (t) => {
    const before = await appliance.containers();
    await configure(text);
    const { problems } = await appliance.until('it is refused', 15_000, (status) =>
      status.problems.some(({ code, evidence }) => code === 'CONFIG_REFUSED' && right.test(evidence)),
    );
    const problem = problems.find(({ code }) => code === 'CONFIG_REFUSED');
    t.regex(problem?.evidence ?? '', new RegExp(`appliance.yaml:${line}`));
    t.is(await appliance.containers(), before);
    t.is(await echoed(), 10);
    const { exitCode, stdout, stderr } = await appliance.agentctl('config', 'validate', paths.config);
    t.not(exitCode, 0);
    t.regex(stdout + stderr, new RegExp(`:${line}`));
  });
}

test('a configuration that is accepted again ends the problem; a change restarts only what it concerns', async (t) => {
  const idOf = (service: string) => appliance.docker('inspect', '-f', '{{.Id}}', `appliance-${service}-1`);
  const livekit = await idOf('livekit');
  const coturn = await idOf('coturn');
  await configure('turn:\n  relayPorts: 50000-50099\n');
  await appliance.until(
    'the new relay range is open',
    60_000,
    (status) =>
      isUp(status) &&
      status.firewall.published.some(({ port, portTo }) => port === 50_000 && portTo === 50_099),
  );
  const deadline = performance.now() + 30_000;
  while ((await idOf('coturn').catch(() => coturn)) === coturn && performance.now() < deadline)
    await pause(200);
  t.not(await idOf('coturn'), coturn);
  await appliance.until('the new relay serves', 30_000, isUp);
  t.is(await idOf('livekit'), livekit);
  const secret = (await readFile(join(paths.secrets, 'turn'), 'utf8')).trim();
  const options = { server: HOST_V4, secret, peer: HOST_V4, peerPort: 7882 } as const;
  const relayed = await client.relay({ ...options, transport: 'udp', method: 'channel', count: 10 });
  t.is(relayed.lost, 0, relayed.output);
});

test('another subnet in the configuration moves the stack there', async (t) => {
  await configure('network:\n  subnet: 172.30.9.0/24\n');
  await appliance.until(
    'the SFU serves from the new subnet',
    60_000,
    (status) =>
      isUp(status) && status.firewall.published.some(({ target }) => target?.startsWith('172.30.9.')),
  );
  t.is(await echoed(), 10);
});

test('with the agent dead, agentctl says so and how old its data is, also to anybody; status 3', async (t) => {
  await appliance.agent().stop({ signal: 'SIGKILL' });
  const nobody = await appliance.agentctlAsNobody('status');
  t.is(nobody.exitCode, 3, nobody.stderr);
  t.regex(nobody.stdout, /not running/);
  t.regex(nobody.stdout, /livekit/);
  const events = await appliance.agentctlAsNobody('events');
  t.is(events.exitCode, 0, events.stderr);
  t.regex(events.stdout, /firewall/);
  const doctor = await appliance.agentctlAsNobody('doctor');
  t.regex(doctor.stdout, /SKIP/);
  t.regex(doctor.stdout, /5349/);
  t.is(await echoed(), 10, 'the stack goes on without the agent');
  await appliance.startAgent();
  await appliance.until('all is well', 20_000, isUp);
});

test('an address that the machine gets later is served by the relay', async (t) => {
  const { machine } = appliance;
  await machine.inHost('ip', ['address', 'add', '198.51.100.7/24', 'dev', 'eth0']);
  const deadline = performance.now() + 30_000;
  let answer = await client.stun({ host: '198.51.100.7', port: 3478, timeoutMs: 500 });
  while (!answer.ok && performance.now() < deadline) {
    answer = await client.stun({ host: '198.51.100.7', port: 3478, timeoutMs: 500 });
  }
  t.true(answer.ok, answer.detail);
});
