import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { createClient } from '../support/client.ts';
import { ELEMENT_CALL_CONFIG, ELEMENT_CALL_NEEDS, elementCallImages } from '../support/element-call.ts';
import { CLIENT_V4, CLIENT_V6, HOST_V4, HOST_V6 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { callEach } from '../support/peer-calls.ts';
import { packets } from '../support/seen.ts';
import { LINES } from '../unit/symptoms/lines.ts';

const test = testWhen(needs(ELEMENT_CALL_NEEDS));
const SERVICES = ['coturn', 'livekit', 'lk-jwt', 'traefik', 'tuwunel'];
const REFUSED = 'egress-lk-jwt-refused';
let appliance: Appliance;

interface Inspected {
  readonly Config: { readonly User: string };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

interface Rendered {
  readonly user: string;
  readonly mem_limit: string;
  readonly pids_limit: number;
  readonly networks?: Readonly<Record<string, { readonly ipv4_address?: string }>>;
}

test.before('an appliance with the production compose file comes up', async () => {
  appliance = await startAppliance({
    stack: { config: ELEMENT_CALL_CONFIG, images: await elementCallImages() },
  });
});
test.after.always('it is taken away', () => appliance?.destroy());

const inspect = async (service: string): Promise<Inspected> =>
  JSON.parse(await appliance.docker('inspect', `appliance-${service}-1`))[0];
const rendered = async (): Promise<Readonly<Record<string, Rendered>>> =>
  parse(await readFile(join(appliance.paths.rendered, 'compose.yaml'), 'utf8')).services;
const addressOf = async (service: string, network: string) =>
  (await inspect(service)).NetworkSettings.Networks[`appliance_${network}`]?.IPAddress ?? '';
const fromLkJwt = (places: readonly string[]) =>
  callEach(
    (...command) => appliance.docker('exec', 'appliance-lk-jwt-1', ...command),
    '/usr/bin/node',
    places,
  );

test('every service of the stack serves', async (t) => {
  const { services } = await appliance.status();
  t.deepEqual(services.map(({ name }) => name).sort(), SERVICES);
  for (const { name, probe } of services) t.true(probe?.ok, name);
});

test('rules, images and files were there before the first container', async (t) => {
  const kinds = (await appliance.events()).map(({ kind }) => kind);
  for (const kind of ['table-applied', 'image-loaded', 'files-written']) {
    t.true(kinds.includes(kind), kind);
    t.true(kinds.indexOf(kind) < kinds.indexOf('brought-up'), `${kind}: ${kinds.join(', ')}`);
  }
});

test('containers have the networks, the fixed addresses and the limits of the file, and no port of Docker’s', async (t) => {
  const file = await rendered();
  t.deepEqual(Object.keys(file).sort(), SERVICES);
  for (const [service, { user, mem_limit, pids_limit, networks = {} }] of Object.entries(file)) {
    const { Config, HostConfig, NetworkSettings } = await inspect(service);
    t.is(Config.User, user);
    t.like(HostConfig, {
      Memory: Number.parseInt(mem_limit, 10) * 1024 * 1024,
      PidsLimit: pids_limit,
      ReadonlyRootfs: true,
      Privileged: false,
      PortBindings: {},
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
    });
    if (service === 'coturn') {
      t.is(HostConfig.NetworkMode, 'host');
      continue;
    }
    const wanted = Object.keys(networks).map((name) => `appliance_${name}`);
    t.deepEqual(Object.keys(NetworkSettings.Networks).sort(), wanted.sort(), service);
    for (const [name, { ipv4_address }] of Object.entries(networks)) {
      const { IPAddress } = NetworkSettings.Networks[`appliance_${name}`] ?? {};
      if (ipv4_address !== undefined) t.is(IPAddress, ipv4_address, `${service} on ${name}`);
    }
  }
  t.is((await appliance.status()).firewall.dockerProxyProcesses, 0);
});

test('80 and 443 lead to Traefik, which sees the client’s own address over both families', async (t) => {
  const places = [80, 443].flatMap((port) => [`${HOST_V4} ${port}`, `${HOST_V6} ${port}`]);
  const ask = async (program: string, ...args: string[]) =>
    (await appliance.machine.inClient(program, args)).stdout;
  t.deepEqual(await callEach(ask, process.execPath, places), [CLIENT_V4, CLIENT_V6, CLIENT_V4, CLIENT_V6]);
  const published = (await appliance.freshStatus()).firewall.published.filter(
    ({ service }) => service === 'traefik',
  );
  t.deepEqual(
    published.map(({ port, flows }) => [port, flows]),
    [
      [80, 2],
      [443, 2],
    ],
  );
});

test('of all 65,535 TCP ports exactly those of the stack are open from outside', async (t) => {
  t.deepEqual(await createClient(appliance.machine).scanTcp(HOST_V4), [80, 443, 3478, 7881]);
});

/** That lk-jwt-service reaches Traefik and LiveKit, and that the rest is refused, counted and told. */
async function isLocked(): Promise<readonly string[]> {
  const own = await addressOf('lk-jwt', 'token');
  const inside = [
    `${await addressOf('traefik', 'token')} 443`,
    `${await addressOf('livekit', 'token')} 7880`,
  ];
  const outside = [
    `${await addressOf('tuwunel', 'rtc')} 8008`,
    `${await addressOf('traefik', 'rtc')} 443`,
    `${HOST_V4} 443`,
    `${HOST_V6} 443`,
    `${HOST_V4} 3478`,
  ];
  const before = await packets(appliance, REFUSED);
  const [traefik, livekit] = await fromLkJwt(inside);
  const refused = await fromLkJwt(outside);
  const counted = (await packets(appliance, REFUSED)) - before;
  return [
    ...(traefik === own ? [] : [`Traefik says ${traefik}`]),
    ...(livekit?.startsWith('E') ? [`LiveKit: ${livekit}`] : []),
    ...refused.flatMap((answer, index) =>
      answer === 'ECONNREFUSED' ? [] : [`${outside[index]}: ${answer}`],
    ),
    ...(counted === outside.length ? [] : [`${counted} of ${outside.length} were counted`]),
  ];
}

test('lk-jwt-service reaches Traefik and LiveKit and nothing else, and status tells what it was refused', async (t) => {
  t.deepEqual(await isLocked(), []);
  const { dropped } = (await appliance.freshStatus()).firewall;
  t.true(
    dropped.some(({ what, packets }) => what.startsWith('of lk-jwt to something') && packets >= 5),
    JSON.stringify(dropped),
  );
});

test('it finds the names of the appliance at Traefik, and no other', async (t) => {
  const lookUp = `
    const resolver = new (require('node:dns').promises.Resolver)({ timeout: 1000, tries: 1 });
    resolver.resolve4(process.argv[1]).then(([address]) => console.log(address), ({ code }) => console.log(code));
  `;
  const answerFor = async (name: string) =>
    (await appliance.docker('exec', 'appliance-lk-jwt-1', '/usr/bin/node', '-e', lookUp, name)).trim();
  const traefik = await addressOf('traefik', 'token');
  for (const name of ['rtc.example.org', 'matrix.example.org', 'example.org'])
    t.is(await answerFor(name), traefik);
  t.regex(await answerFor('foreign.example'), /^E[A-Z]+$/);
});

test('what is killed is back at its address, and as locked as before', async (t) => {
  const before = await addressOf('lk-jwt', 'token');
  const startedAt = ({ services }: Awaited<ReturnType<Appliance['status']>>) =>
    services.find(({ name }) => name === 'lk-jwt')?.startedAt;
  const first = startedAt(await appliance.status());
  await appliance.docker('kill', 'appliance-lk-jwt-1');
  await appliance.until('it serves again', 30_000, (status) => isUp(status) && startedAt(status) !== first);
  t.is(await addressOf('lk-jwt', 'token'), before);
  t.deepEqual(await isLocked(), []);
});

test('agentctl verify proves what holds, names what stand-ins do not keep, and is not green', async (t) => {
  const { exitCode, stdout } = await appliance.agentctl('verify', '--json');
  t.is(exitCode, 2, stdout);
  const checks: { check: string; state: string; evidence: string; next: string | null }[] =
    JSON.parse(stdout).checks;
  const stateOf = (name: string) => checks.find(({ check }) => check === name)?.state;
  for (const held of ['relay', 'relay credential', 'TURNS closed', 'media'])
    t.is(stateOf(held), 'ok', `${held}: ${stdout}`);
  // Exactly what is published, and by it: the SFU is in its container, and this machine's address is not.
  t.regex(
    checks.find(({ check }) => check === 'media')?.evidence ?? '',
    new RegExp(`^${HOST_V4}:7881/tcp, ${HOST_V4}:7882/udp; ICE over udp [\\d.]+ ms, tcp [\\d.]+ ms, relay `),
  );
  // Of the stand-ins those behind Traefik do not speak TLS.
  for (const not of ['certificates', 'token check', 'foreign homeserver']) t.is(stateOf(not), 'fail', not);
  t.is(stateOf('from outside'), 'skip');
  for (const { state, next, check } of checks) t.true(state === 'ok' || next !== null, check);
});

test('the agent itself sees media on every path, and what a service in trouble wrote', async (t) => {
  const [line = ''] = LINES.flatMap((one) => (one.told?.[0] === 'ROOM_NOT_MADE' ? [one.line] : []));
  const pid = (await appliance.docker('inspect', '-f', '{{.State.Pid}}', 'appliance-lk-jwt-1')).trim();
  await appendFile(`/proc/${pid}/fd/2`, `${line}\n`);
  await appliance.agentctl('hold', 'lk-jwt');
  await appliance.docker('stop', 'appliance-lk-jwt-1');
  const mediaOf = ({ services }: Awaited<ReturnType<Appliance['status']>>) =>
    services.find(({ name }) => name === 'livekit')?.media;
  const { problems, ...status } = await appliance.until(
    'media was probed, and the log read',
    120_000,
    (seen) => mediaOf(seen) !== undefined && seen.problems.some(({ code }) => code === 'ROOM_NOT_MADE'),
  );
  t.deepEqual(
    mediaOf({ problems, ...status })?.paths.map(({ path, ok }) => `${path} ${ok}`),
    ['signalling true', 'udp true', 'tcp true', 'relay true'],
  );
  t.is(mediaOf({ problems, ...status })?.fault, null);
  const [problem] = problems.filter(({ code }) => code === 'ROOM_NOT_MADE');
  t.regex(problem?.evidence ?? '', /^connection refused \(seen at /);
});
