import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerObservation } from '../../agent/engine/types.ts';
import { TURN_DATABASE } from '../../agent/stack/turn-database.ts';
import { run } from '../../agent/system/processes.ts';
import { type Client, createClient } from '../support/client.ts';
import { ENGINE_COMMANDS } from '../support/engine.ts';
import { IMAGE_COMMANDS } from '../support/images.ts';
import { createMachine, HOST_V4, type Machine } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { prepareStack, type TestStack } from '../support/stack.ts';

const test = testWhen(
  needs({
    root: true,
    commands: [
      ...ENGINE_COMMANDS,
      ...IMAGE_COMMANDS,
      'ip',
      'ss',
      'curl',
      'turnutils_uclient',
      'turnutils_peer',
    ],
  }),
);

let machine: Machine;
let stack: TestStack;
let client: Client;

test.before('the embedded stack is up, without the agent', async () => {
  machine = await createMachine();
  client = createClient(machine);
  stack = await prepareStack(machine, [HOST_V4]);
  await stack.compose.up({ file: stack.file, services: [], forceRecreate: false });
});
test.after.always('it is taken away', () => machine?.destroy());

async function container(service: string): Promise<ContainerObservation> {
  const found = (await stack.engine.containers('appliance')).find(
    (candidate) => candidate.service === service,
  );
  if (found === undefined) throw new Error(`no container of ${service}`);
  return found;
}

async function inspect(service: string) {
  const { id } = await container(service);
  const { stdout } = await run(
    'curl',
    ['-sS', '--max-time', '5', '--unix-socket', stack.dockerd.socket, `http://engine/containers/${id}/json`],
    { timeoutMs: 10_000 },
  );
  return { text: stdout, answer: JSON.parse(stdout) };
}

test('the engine gives every image the id that the manifest foretold', async (t) => {
  t.is(stack.images.length, 2);
  for (const { reference, imageId } of stack.images) t.is(await stack.engine.imageId(reference), imageId);
});

for (const [service, user] of [
  ['livekit', 65534],
  ['coturn', 73478],
] as const) {
  test(`${service} runs as user ${user}, without a capability, on a root that it cannot write`, async (t) => {
    const { state, pid } = await container(service);
    t.is(state, 'running');
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    for (const id of ['Uid', 'Gid'])
      t.regex(status, new RegExp(`^${[`${id}:`, user, user, user, user].join('\\t')}$`, 'm'));
    t.regex(status, /^CapEff:\t0+$/m);
    t.regex(status, /^CapBnd:\t0+$/m);
    t.regex(status, /^NoNewPrivs:\t1$/m);
    t.regex(status, /^Seccomp:\t2$/m);
    const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8');
    t.regex(mounts, /^\S+ \S+ \S+ \S+ \/ ro,/m);
    const { HostConfig, Config } = (await inspect(service)).answer;
    t.like(HostConfig, {
      ReadonlyRootfs: true,
      Privileged: false,
      PortBindings: {},
      Memory: 256 * 1024 * 1024,
    });
    t.true(HostConfig.PidsLimit > 0);
    t.deepEqual(HostConfig.LogConfig, { Type: 'json-file', Config: { 'max-file': '3', 'max-size': '10m' } });
    t.deepEqual(Config.Env, ['PATH=/usr/bin']);
  });
}

test('coturn listens on 3478 of the address that it was given, and on nothing else', async (t) => {
  const { stdout } = await machine.inHost('ss', ['-Hlntu']);
  const sockets = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/));
  t.true(sockets.length >= 2);
  t.deepEqual([...new Set(sockets.map(([protocol, , , , local]) => `${protocol} ${local}`))].sort(), [
    `tcp ${HOST_V4}:3478`,
    `udp ${HOST_V4}:3478`,
  ]);
});

test('coturn answers a STUN binding from outside', async (t) => {
  const verdict = await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 2000 });
  t.true(verdict.ok, verdict.detail);
});

test('coturn relays to the host’s own address, over UDP and TCP, and loses nothing', async (t) => {
  const peer = await machine.spawnInHost('turnutils_peer', ['-L', HOST_V4, '-p', '7882']);
  t.teardown(async () => {
    await peer.stop();
  });
  for (const transport of ['udp', 'tcp'] as const) {
    const relayed = await client.relay({
      server: HOST_V4,
      secret: stack.turnSecret,
      peer: HOST_V4,
      peerPort: 7882,
      transport,
      method: 'channel',
      count: 20,
    });
    t.like(relayed, { sent: 20, received: 20, lost: 0, refusal: null }, relayed.output);
  }
});

for (const [what, peer] of [
  ['a private address', '10.0.0.1'],
  ['the bridge', '172.30.5.1'],
  ['a public address', '192.0.2.1'],
] as const) {
  test(`coturn refuses to relay to ${what}`, async (t) => {
    const { refusal, received, output } = await client.relay({
      server: HOST_V4,
      secret: stack.turnSecret,
      peer,
      peerPort: 7882,
      transport: 'udp',
      method: 'channel',
      count: 1,
    });
    t.is(refusal, '403 Forbidden IP', output);
    t.is(received, 0);
  });
}

test('coturn refuses a credential that another secret made', async (t) => {
  const { refusal, received } = await client.relay({
    server: HOST_V4,
    secret: 'f'.repeat(64),
    peer: HOST_V4,
    peerPort: 7882,
    transport: 'udp',
    method: 'channel',
    count: 1,
  });
  t.not(refusal, null);
  t.is(received, 0);
});

test('the stand-in keeps LiveKit’s contract on its address, and tells who asked', async (t) => {
  const { ipv4 } = await container('livekit');
  if (ipv4 === null) throw new Error('livekit has no address');
  const inside = createClient({ inClient: machine.inHost, spawnInClient: machine.spawnInHost });
  const ready = await machine.inHost('curl', ['-sS', '--max-time', '5', `http://${ipv4}:7880/`]);
  t.is(ready.stdout, 'OK');
  t.true((await inside.tcp({ host: ipv4, port: 7881, timeoutMs: 2000, echo: true })).ok);
  const flow = await inside.udpEcho({ host: ipv4, port: 7882, count: 20, intervalMs: 5 });
  t.is(flow.received, 20);
  const seen = await machine.inHost('curl', ['-sS', '--max-time', '5', `http://${ipv4}:7880/peers`]);
  const peers: { protocol: string; address: string; port: number }[] = JSON.parse(seen.stdout);
  t.like(
    peers.find(({ protocol }) => protocol === 'udp'),
    { address: '172.30.5.1', port: flow.sourcePort },
  );
});

test('the TURN secret is readable by coturn and not shown by the engine', async (t) => {
  const path = join(stack.directory, TURN_DATABASE);
  t.true((await readFile(path, 'latin1')).includes(stack.turnSecret));
  t.false((await inspect('coturn')).text.includes(stack.turnSecret.slice(0, 12)));
  const { pid } = await container('coturn');
  t.false((await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes(stack.turnSecret.slice(0, 12)));
  const asSomebody = await run('setpriv', ['--reuid=1000', '--regid=1000', '--clear-groups', 'cat', path], {
    timeoutMs: 5000,
  });
  t.not(asSomebody.exitCode, 0);
  t.false(asSomebody.stdout.includes(stack.turnSecret));
});

test('bringing it up again changes nothing', async (t) => {
  const before = await stack.engine.containers('appliance');
  t.deepEqual(await stack.render([HOST_V4]), []);
  await stack.compose.up({ file: stack.file, services: [], forceRecreate: false });
  t.deepEqual(await stack.engine.containers('appliance'), before);
});

test('a changed address makes coturn anew and leaves livekit alone', async (t) => {
  const [coturn, livekit] = [await container('coturn'), await container('livekit')];
  const second = '198.51.100.9';
  await machine.inHost('ip', ['address', 'add', `${second}/24`, 'dev', 'eth0']);
  t.deepEqual(await stack.render([HOST_V4, second]), ['compose.yaml', 'coturn/turnserver.conf']);
  await stack.compose.up({ file: stack.file, services: [], forceRecreate: false });
  const anew = await container('coturn');
  t.not(anew.id, coturn.id);
  t.not(anew.generation, coturn.generation);
  t.is((await container('livekit')).id, livekit.id);
  for (const host of [HOST_V4, second]) {
    const verdict = await client.stun({ host, port: 3478, timeoutMs: 5000 });
    t.true(verdict.ok, verdict.detail);
  }
});

test('each container ends at once when it is told to', async (t) => {
  for (const service of ['livekit', 'coturn']) {
    const { id } = await container(service);
    const begun = performance.now();
    await stack.engine.restart(id, 10);
    t.true(performance.now() - begun < 5000, service);
    t.is((await container(service)).state, 'running');
  }
});

test('taking it down leaves no container and no network', async (t) => {
  await stack.compose.down({ file: stack.file, services: [] });
  t.deepEqual(await stack.engine.containers('appliance'), []);
  t.false((await stack.engine.networks()).some(({ name }) => name === 'appliance_rtc'));
});
