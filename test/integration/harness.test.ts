import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT } from '../../agent/stack/types.ts';
import { run } from '../../agent/system/processes.ts';
import { createClient, restCredential } from '../support/client.ts';
import { ENGINE_COMMANDS } from '../support/engine.ts';
import { CLIENT_V4, createMachine, HOST_V4, HOST_V6, type Machine } from '../support/machine.ts';
import { machineNames, removeAbandonedMachines } from '../support/machine-removal.ts';
import { cgroupsOf, mountPointsBelow, processesOf, shimSocketsOf } from '../support/machine-traces.ts';
import { needs, testWhen } from '../support/needs.ts';
import { prepareStack } from '../support/stack.ts';

const COMMANDS = ['ip', 'nsenter', 'nft', 'sysctl', 'mount', 'unshare', 'turnserver', 'turnutils_uclient'];
const test = testWhen(needs({ root: true, commands: [...COMMANDS, ...ENGINE_COMMANDS] }));

/** A program of a few lines that runs in the host role. */
const serve = (machine: Machine, program: string) =>
  machine.spawnInHost(process.execPath, ['--input-type=module', '-e', program]);

const ECHO = `
  import { createSocket } from 'node:dgram';
  import { createServer } from 'node:net';
  for (const type of ['udp4', 'udp6']) {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    socket.on('message', (data, from) => {
      console.log('peer', from.address, from.port);
      socket.send(data, from.port, from.address);
    });
    socket.bind(7882);
  }
  createServer((socket) => socket.pipe(socket)).listen(7881, () => console.log('ready'));
`;

/** Everything on this machine that could be left of a throw-away machine. */
async function traces(id: string): Promise<string[]> {
  const { root, hostNamespace, clientNamespace } = machineNames(id);
  const namespaces = (await readdir('/run/netns')).filter((name) =>
    [hostNamespace, clientNamespace].includes(name),
  );
  const processes = await processesOf(root, [hostNamespace, clientNamespace]);
  return [
    ...namespaces,
    ...processes.map(String),
    ...(await mountPointsBelow(root)),
    ...(existsSync(root) ? [root] : []),
  ];
}

test('the client reaches the appliance over the wire, by IPv4 and IPv6, as itself', async (t) => {
  const machine = await createMachine();
  t.teardown(machine.destroy);
  const server = await serve(machine, ECHO);
  await server.waitForOutput(/ready/, 10_000);
  const client = createClient(machine);
  const flow = { port: 7882, count: 20, intervalMs: 5, sourcePort: 40_000 };
  for (const host of [HOST_V4, HOST_V6]) {
    const result = await client.udpEcho({ ...flow, host });
    t.like(result, { sent: 20, received: 20, refused: 0, longestGapMs: 0, sourcePort: 40_000 });
  }
  t.regex(server.output(), new RegExp(`peer ${CLIENT_V4} 40000`));
  t.true((await client.tcp({ host: HOST_V4, port: 7881, timeoutMs: 2000, echo: true })).ok);
  const closed = await client.tcp({ host: HOST_V4, port: 5349, timeoutMs: 2000, echo: false });
  t.is(closed.detail, 'refused: nothing listens there');
});

test('each machine has a ruleset of its own, forwards nothing, and knows its root', async (t) => {
  const machine = await createMachine();
  t.teardown(machine.destroy);
  const here = (await run('nft', ['list', 'tables'], { timeoutMs: 5000 })).stdout;
  t.is((await machine.inHost('nft', ['list', 'ruleset'])).stdout, '');
  t.is((await machine.inHost('nft', ['add', 'table', 'inet', 'aa-harness'])).exitCode, 0);
  t.is((await machine.inHost('nft', ['list', 'tables'])).stdout, 'table inet aa-harness\n');
  t.is((await machine.inClient('nft', ['list', 'ruleset'])).stdout, '');
  t.is((await run('nft', ['list', 'tables'], { timeoutMs: 5000 })).stdout, here);
  t.is((await machine.inHost('sysctl', ['-n', 'net.ipv4.ip_forward'])).stdout.trim(), '0');
  const root = await machine.inHost('sh', ['-c', 'printf %s "$APPLIANCE_AGENT_ROOT"']);
  t.is(root.stdout, machine.root);
});

test('a flow keeps its 5-tuple and measures the time in which nobody answered', async (t) => {
  const machine = await createMachine();
  t.teardown(machine.destroy);
  const server = await serve(machine, ECHO);
  await server.waitForOutput(/ready/, 10_000);
  const client = createClient(machine);
  const flow = await client.startUdpFlow({ host: HOST_V4, port: 7882, intervalMs: 5 });
  await server.waitForOutput(/peer/, 5000);
  const drop = await machine.inHost('nft', [
    'add table inet aa; add chain inet aa c { type filter hook input priority 0; }; add rule inet aa c udp dport 7882 drop',
  ]);
  t.is(drop.exitCode, 0, drop.stderr);
  await new Promise((resolve) => setTimeout(resolve, 400));
  await machine.inHost('nft', ['delete', 'table', 'inet', 'aa']);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const result = await flow.stop();
  t.true(result.longestGapMs >= 395 && result.longestGapMs < 3000, JSON.stringify(result));
  t.is(
    result.sent - result.received,
    result.gaps.reduce((lost, gap) => lost + gap.lost, 0),
  );
  const peers = new Set(server.output().match(/peer .*/g));
  t.deepEqual([...peers], [`peer ${CLIENT_V4} ${result.sourcePort}`]);
});

test('the client’s TURN tools tell a relay from a refusal', async (t) => {
  const machine = await createMachine();
  t.teardown(machine.destroy);
  const secret = 'harness';
  const options = [
    ...['-n', '--no-tls', '--no-dtls', '--no-cli', '--log-file=stdout', '--pidfile=/dev/null'],
    ...[`--listening-ip=${HOST_V4}`, `--relay-ip=${HOST_V4}`, '--realm=turn.example', '--use-auth-secret'],
    ...[`--static-auth-secret=${secret}`, '--denied-peer-ip=10.0.0.0-10.255.255.255'],
    `--userdb=${join(machine.root, 'turn.db')}`,
  ];
  await machine.spawnInHost('turnserver', options);
  await serve(machine, ECHO);
  const client = createClient(machine);
  const deadline = performance.now() + 15_000;
  let bound = await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 500 });
  while (!bound.ok && performance.now() < deadline) {
    bound = await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 500 });
  }
  t.regex(bound.detail, new RegExp(`seen as ${CLIENT_V4} port`));
  const relay = {
    server: HOST_V4,
    secret,
    peer: HOST_V4,
    peerPort: 7882,
    transport: 'udp',
    method: 'channel',
  } as const;
  t.like(await client.relay({ ...relay, count: 10 }), { sent: 10, received: 10, lost: 0, refusal: null });
  t.like(await client.relay({ ...relay, peer: '10.0.0.1', count: 5 }), {
    sent: 0,
    refusal: '403 Forbidden IP',
  });
  t.like(await client.relay({ ...relay, secret: 'wrong', count: 5 }), {
    sent: 0,
    refusal: 'Cannot complete Allocation',
  });
  const { username, password } = restCredential(secret, 'by-hand');
  const byHand = await machine.inClient('turnutils_uclient', [
    ...[
      '-u',
      username,
      '-w',
      password,
      '-e',
      HOST_V4,
      '-r',
      '7882',
      '-n',
      '5',
      '-m',
      '1',
      '-c',
      '-z',
      '20',
      HOST_V4,
    ],
  ]);
  t.is(byHand.exitCode, 0, byHand.stdout + byHand.stderr);
});

test('a destroyed machine leaves no process, mount, namespace or file behind', async (t) => {
  const machine = await createMachine();
  t.teardown(machine.destroy);
  const { id, root } = machine;
  const mountPoint = join(root, 'mounted');
  await mkdir(mountPoint);
  t.is((await machine.inHost('mount', ['-t', 'tmpfs', 'tmpfs', mountPoint])).exitCode, 0);
  // As a container does: in another network and mount namespace, and its parent is gone.
  const container = 'echo ready; exec sleep 1000';
  const started = await machine.spawnInHost('sh', [
    '-c',
    `unshare --net --mount --fork setsid sh -c "${container}" & unshare --mount setsid sleep 1000 & sleep 1000`,
  ]);
  await started.waitForOutput(/ready/, 5000);
  t.true((await traces(id)).length >= 5);
  await machine.destroy();
  t.deepEqual(await traces(id), []);
  await t.notThrowsAsync(machine.destroy(), 'a second time does nothing');
});

test('a destroyed machine leaves no container, cgroup or socket of a killed engine behind', async (t) => {
  const machine = await createMachine();
  t.teardown(machine.destroy);
  const stack = await prepareStack(machine, [HOST_V4]);
  await stack.compose.up({ file: stack.file, services: [], forceRecreate: false });
  const containers = await stack.engine.containers(PROJECT);
  const pids = containers.flatMap(({ pid }) => pid ?? []);
  t.is(pids.length, 2);
  const cgroups = (await Promise.all(pids.map(cgroupsOf))).flat().filter(existsSync);
  const [pid = 0] = await processesOf(machine.root, [machine.hostNamespace]);
  const sockets = await shimSocketsOf(pid);
  t.true(cgroups.length >= 2 && sockets.length >= 2);
  await stack.dockerd.kill();
  await machine.destroy();
  t.deepEqual(await traces(machine.id), []);
  t.deepEqual([...cgroups, ...sockets].filter(existsSync), []);
});

test('the machine of a killed test process is removed by the next one', async (t) => {
  const support = join(import.meta.dirname, '../support/machine.ts');
  const program = `
    const { createMachine } = await import('${support}');
    const machine = await createMachine();
    await machine.spawnInHost('sleep', ['1000']);
    console.log(machine.id);
    setTimeout(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const id = await new Promise<string>((resolve) =>
    child.stdout.once('data', (text) => resolve(String(text).trim())),
  );
  t.true((await traces(id)).length > 2);
  t.false((await removeAbandonedMachines()).includes(id), 'the machine of a living process is left alone');
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  t.true((await removeAbandonedMachines()).includes(id));
  t.deepEqual(await traces(id), []);
});
