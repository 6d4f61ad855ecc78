import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { run, runOk } from '../../agent/system/processes.ts';
import { type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { ELEMENT_CALL_CONFIG, ELEMENT_CALL_NEEDS, elementCallImages } from '../support/element-call.ts';
import { createMachine, HOST_V4, type Machine } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { dist, node } from '../support/release.ts';
import { assertNowhere } from '../support/secrecy.ts';
import { packets } from '../support/seen.ts';

const test = testWhen(needs(ELEMENT_CALL_NEEDS));

/** In the VPN: two appliances, and an address that is no appliance's. */
const [FIRST, FURTHER, STRANGER] = ['10.8.0.1', '10.8.0.12', '10.8.0.13'];
let first: Appliance;
let further: Appliance;

test.before('two appliances come up in one VPN, and the second joins the first by a pipe', async () => {
  const images = await elementCallImages();
  const machines = [await createMachine(), await createMachine()] as const;
  await joinByVpn(...machines);
  const [one, two] = machines;
  first = await startAppliance({
    machine: one,
    stack: { config: `${ELEMENT_CALL_CONFIG}mediaNodes: [${FURTHER}]\n`, images },
  });
  further = await startAppliance({ machine: two, stack: { config: helping(FIRST), images } });
  const before = startOf(await further.status());
  await joinByPipe(one, two);
  await further.until(
    'the SFU was made anew, and serves',
    60_000,
    (status) => isUp(status) && startOf(status) !== before,
  );
});
test.after.always('they are taken away', async () => {
  await first?.destroy();
  await further?.destroy();
});

/** The configuration of an appliance that carries media for another one. */
const helping = (primary: string) =>
  `${ELEMENT_CALL_CONFIG.replace('{rtc', '{turn: relay2.example.org, rtc')}role: media\nprimary: ${primary}\n`;

const startOf = ({ services }: Awaited<ReturnType<Appliance['status']>>) =>
  services.find(({ name }) => name === 'livekit')?.startedAt;

async function joinByVpn(one: Machine, other: Machine): Promise<void> {
  const ip = (...args: string[]) =>
    runOk(run, 'ip', args, { timeoutMs: 10_000, code: 'MACHINE_NOT_WIRED', hint: 'Needs root.' });
  const [near, far] = [one.hostNamespace, other.hostNamespace];
  const end = ['type', 'veth', 'peer', 'name', 'vpn0', 'netns', far];
  await ip('link', 'add', 'vpn0', 'netns', near, ...end);
  for (const [namespace, address] of [
    [near, FIRST],
    [far, FURTHER],
    [far, STRANGER],
  ] as const)
    await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'vpn0');
  for (const namespace of [near, far]) await ip('-n', namespace, 'link', 'set', 'vpn0', 'up');
}

/** What an operator types, with `nsenter` in the place of `ssh`. */
async function joinByPipe(from: Machine, to: Machine): Promise<void> {
  const mediaNode = `${node} ${join(dist, 'agentctl.js')} media-node`;
  const there = `APPLIANCE_AGENT_ROOT=${to.root} nsenter --net=/run/netns/${to.hostNamespace}`;
  const { exitCode, stderr } = await from.inHost('sh', [
    '-c',
    `${mediaNode} export | ${there} ${mediaNode} join`,
  ]);
  if (exitCode !== 0) throw new Error(`media-node: ${stderr}`);
}

const passwordOf = async ({ paths }: Appliance) =>
  (await readFile(join(paths.secrets, 'redis'), 'utf8')).trim();
const servicesOf = async (appliance: Appliance) =>
  (await appliance.docker('ps', '--all', '--format', '{{.Names}}')).trim().split('\n').sort();

test('the further appliance runs the SFU and the relay, and nothing else', async (t) => {
  t.deepEqual(await servicesOf(further), ['appliance-coturn-1', 'appliance-livekit-1']);
  t.is((await servicesOf(first)).length, 6);
  const { published } = (await further.freshStatus()).firewall;
  t.deepEqual([...new Set(published.map(({ port }) => port))].sort(), [3478, 49152, 7881, 7882]);
});

/** What Redis at its argument, `ADDRESS PORT`, answers; with the password that the container’s SFU was given, if any. */
const ASK_REDIS = `
  const [host, port, from] = process.argv[1].split(' ');
  const [, password = ''] = /password: (\\S+)/.exec(process.argv[2] ? require('node:fs').readFileSync(process.argv[2]) : '') ?? [];
  const socket = require('node:net').connect({ host, port, localAddress: from });
  socket.setTimeout(2000, () => socket.destroy(Object.assign(new Error(), { code: 'SILENCE' })));
  socket.on('error', ({ code }) => console.log(code));
  socket.on('data', (data) => process.stdout.write(data));
  socket.end(['PING', ...(password && ['AUTH ' + password, 'PING']), ''].join('\\r\\n'));
`;
const answers = (stdout: string) => stdout.trim().split('\r\n');

test('its SFU reaches the Redis of the first one by the VPN, which does nothing without the password', async (t) => {
  const file = '/etc/livekit/livekit.yaml';
  const { redis } = parse(await readFile(join(further.paths.rendered, 'livekit/livekit.yaml'), 'utf8'));
  t.is(redis.address, `${FIRST}:6379`);
  const inside = ['exec', 'appliance-livekit-1', '/usr/bin/node', '-e', ASK_REDIS, `${FIRST} 6379`];
  t.regex(await further.docker(...inside), /^-NOAUTH/);
  const [refused, ...accepted] = answers(await further.docker(...inside, file));
  t.regex(refused ?? '', /^-NOAUTH/);
  t.deepEqual(accepted, ['+OK', '+PONG']);
  t.is(await passwordOf(further), await passwordOf(first));
});

test('who is not named reaches it neither by the VPN nor from outside, and that is counted', async (t) => {
  const ask = async (inside: Machine['inHost'], place: string) =>
    (await inside(process.execPath, ['-e', ASK_REDIS, place])).stdout.trim();
  const { inHost } = further.machine;
  t.regex(await ask(inHost, `${FIRST} 6379 ${FURTHER}`), /^-NOAUTH/, 'who is named does');
  for (const [inside, place] of [
    [inHost, `${FIRST} 6379 ${STRANGER}`],
    [first.machine.inClient, `${HOST_V4} 6379`],
  ] as const) {
    const before = await packets(first, 'not-admitted-dropped');
    t.is(await ask(inside, place), 'SILENCE');
    t.true((await packets(first, 'not-admitted-dropped')) > before, place);
  }
});

test('the password that they share is nowhere but in the files of those who need it', async (t) => {
  for (const appliance of [first, further])
    await t.notThrowsAsync(assertNowhere(appliance, [await passwordOf(appliance)]));
});

test('what another configuration names no longer is removed, with its hold and its network; what it kept stays', async (t) => {
  const before = startOf(await first.status());
  await first.agentctl('hold', 'lk-jwt');
  // The addresses of the one network that is left include those of the one that goes.
  const next = `${helping(FURTHER)}network: {subnet: 172.30.4.0/22}\n`;
  const file = join(first.machine.root, 'next.yaml');
  await writeFile(file, next);
  const { stdout } = await first.agentctl('config', 'diff', file);
  t.regex(stdout, /^Containers removed: lk-jwt, tuwunel, traefik, redis; what they keep on disk stays\.$/m);

  await writeFile(first.paths.config, next);
  await first.until('the rest serves', 60_000, (status) => isUp(status) && startOf(status) !== before);
  t.deepEqual(await servicesOf(first), ['appliance-coturn-1', 'appliance-livekit-1']);
  const networks = await first.docker('network', 'ls', '--filter', 'name=appliance', '--format', '{{.Name}}');
  t.is(networks.trim(), 'appliance_rtc');
  const events = await first.events();
  t.like(
    events.find(({ kind }) => kind === 'removed'),
    { result: 'ok', subject: 'lk-jwt, redis, traefik, tuwunel' },
  );
  t.true(events.some(({ kind, cause }) => kind === 'network-removed' && cause.includes('appliance_token')));
  for (const name of ['tuwunel', 'traefik']) await t.notThrowsAsync(access(join(first.paths.data, name)));
});
