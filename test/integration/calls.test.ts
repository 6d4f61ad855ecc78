import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSockets } from '../../agent/conditions/gather/sockets.ts';
import { appliancePaths } from '../../agent/system/paths.ts';
import { APPLIANCE_NEEDS, type Appliance, startAppliance } from '../support/appliance.ts';
import { type Client, createClient } from '../support/client.ts';
import { startEcho, startMute } from '../support/datagram.ts';
import { CLIENT_V4, HOST_V4, HOST_V6 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { peersSeen } from '../support/seen.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
let appliance: Appliance;
let client: Client;
let secret: string;

test.before('an appliance comes up', async () => {
  appliance = await startAppliance();
  client = createClient(appliance.machine);
  secret = (await readFile(join(appliancePaths(appliance.machine.root).secrets, 'turn'), 'utf8')).trim();
});
test.after.always('it is taken away', () => appliance?.destroy());

test('UDP to 7882 is answered, and the SFU sees the client’s own address', async (t) => {
  const flow = await client.udpEcho({ host: HOST_V4, port: 7882, count: 50, intervalMs: 5 });
  t.is(flow.received, 50);
  t.true((await peersSeen(appliance)).includes(`udp ${CLIENT_V4}`));
});

test('TCP to 7881 is answered, and the SFU sees the client’s own address', async (t) => {
  t.true((await client.tcp({ host: HOST_V4, port: 7881, timeoutMs: 2_000, echo: true })).ok);
  t.true((await peersSeen(appliance)).includes(`tcp ${CLIENT_V4}`));
});

test('status counts the flows, packets and bytes of each port', async (t) => {
  const row7882 = async () =>
    (await appliance.freshStatus()).firewall.published.find(({ port }) => port === 7882);
  const before = await row7882();
  await client.udpEcho({ host: HOST_V4, port: 7882, count: 20, intervalMs: 2 });
  const row = await row7882();
  t.is((row?.packets ?? 0) - (before?.packets ?? 0), 40);
  t.is((row?.flows ?? 0) - (before?.flows ?? 0), 1);
});

for (const { transport, method } of [
  { transport: 'udp', method: 'channel' },
  { transport: 'udp', method: 'send-indication' },
  { transport: 'tcp', method: 'channel' },
] as const) {
  test(`coturn relays to the SFU over ${transport} by ${method}, and loses nothing`, async (t) => {
    const relayed = await client.relay({
      server: HOST_V4,
      secret,
      peer: HOST_V4,
      peerPort: 7882,
      transport,
      method,
      count: 50,
    });
    t.is(relayed.refusal, null, relayed.output);
    t.deepEqual([relayed.sent, relayed.received, relayed.lost], [50, 50, 0]);
  });
}

for (const [peer, what] of [
  ['10.0.0.1', 'a private network'],
  ['127.0.0.1', 'this host itself'],
  ['172.30.5.1', 'the bridge'],
  ['172.30.5.2', 'the container'],
] as const) {
  test(`a relay to ${peer}, ${what}, is refused`, async (t) => {
    const options = {
      server: HOST_V4,
      secret,
      peer,
      peerPort: 7882,
      transport: 'udp',
      method: 'channel',
      count: 3,
    } as const;
    const { received, refusal, output } = await client.relay(options);
    t.is(received, 0);
    t.regex(refusal ?? '', /^403 /, output);
  });
}

test('a wrong credential gets no relay', async (t) => {
  const { received, refusal } = await client.relay({
    server: HOST_V4,
    secret: 'f'.repeat(64),
    peer: HOST_V4,
    peerPort: 7882,
    transport: 'udp',
    method: 'channel',
    count: 3,
  });
  t.is(received, 0);
  t.not(refusal, null);
});

test('3478 answers, 5349 is closed', async (t) => {
  t.true((await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 2_000 })).ok);
  const turns = await client.tcp({ host: HOST_V4, port: 5349, timeoutMs: 2_000, echo: false });
  t.false(turns.ok);
  t.regex(turns.detail, /refused/);
  t.false((await client.stun({ host: HOST_V4, port: 5349, timeoutMs: 1_000 })).ok);
});

test('no docker-proxy runs', async (t) => {
  t.is((await appliance.status()).firewall.dockerProxyProcesses, 0);
  // Of this network namespace: another file's machine may run beside this one.
  const { stdout } = await appliance.machine.inHost('sh', [
    '-c',
    'pgrep --count --exact docker-proxy --ns $$ --nslist net',
  ]);
  t.is(stdout.trim(), '0');
});

test('7880 is not reachable from outside', async (t) => {
  t.false((await client.tcp({ host: HOST_V4, port: 7880, timeoutMs: 1_000, echo: false })).ok);
});

test('of all 65,535 TCP ports exactly the published ones are open from outside', async (t) => {
  t.deepEqual(await client.scanTcp(HOST_V4), [3478, 7881]);
});

/** What is asked for on the internet, the ports of the stack, and some of the relay range and around it. */
const UDP_PORTS = [
  ...[53, 67, 68, 123, 161, 443, 500, 1900, 3478, 4500, 5349, 5353, 7880, 7881, 7882],
  ...[49_151, 49_152, 49_153, 49_400, 49_663, 49_664, 65_535],
];

test('of the UDP ports that are asked for, and all on which this host listens, exactly the published ones answer', async (t) => {
  const { inHost, spawnInHost } = appliance.machine;
  // One refusal a second is the kernel's default; here each port must show what it is.
  await inHost('sysctl', ['-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0']);
  const scan = async (host: string) => {
    const tables = (await inHost('cat', ['/proc/net/udp', '/proc/net/udp6'])).stdout;
    const listening = parseSockets(tables, 'udp').filter(({ loopback }) => !loopback);
    const ports = [...new Set([...UDP_PORTS, ...listening.map(({ port }) => port)])];
    const { answered, silent } = await client.scanUdp({
      host,
      ports: ports.toSorted((x, y) => x - y),
      timeoutMs: 2_000,
    });
    // On ports that clients of the tests before have allocated, coturn hears nobody without their permission.
    return [answered, silent.filter((port) => port < 49_152 || port > 49_663)];
  };

  const echo = await startEcho(spawnInHost, HOST_V4, 9999);
  const mute = await startMute(spawnInHost, HOST_V4, 1900);
  t.deepEqual(await scan(HOST_V4), [[3478, 7882, 9999], [1900]], 'it sees what is there');
  await Promise.all([echo.stop(), mute.stop()]);

  t.deepEqual(await scan(HOST_V4), [[3478, 7882], []]);
  t.deepEqual(await scan(HOST_V6), [[7882], []]);
});

test('the SFU moves to a new address: a client that keeps its 5-tuple is served again within 1 s', async (t) => {
  const flow = await client.startUdpFlow({ host: HOST_V4, port: 7882, intervalMs: 5 });
  const before = targetOf(await appliance.status());
  const name = 'appliance-livekit-1';
  await appliance.docker('network', 'disconnect', '--force', 'appliance_rtc', name);
  await appliance.docker(
    'network',
    'connect',
    '--ip',
    '172.30.5.77',
    '--alias',
    'livekit',
    'appliance_rtc',
    name,
  );
  await appliance.until(
    'the new address is published',
    10_000,
    (status) => targetOf(status) === '172.30.5.77:7882',
  );
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { longestGapMs, received } = await flow.stop();
  t.not(before, '172.30.5.77:7882');
  t.log(`longest gap ${longestGapMs} ms, ${received} answers`);
  t.true(longestGapMs > 0, 'the move was not seen by the client at all');
  t.true(longestGapMs < 1_000, `${longestGapMs} ms without an answer`);
});

test('the SFU is removed and its address is taken: it is back on another, and the same 5-tuple is served', async (t) => {
  const taken = (targetOf(await appliance.status()) ?? '').split(':')[0] ?? '';
  const image = (await appliance.docker('inspect', '-f', '{{.Config.Image}}', 'appliance-livekit-1')).trim();
  const flow = await client.startUdpFlow({ host: HOST_V4, port: 7882, intervalMs: 5 });
  await appliance.docker('rm', '--force', 'appliance-livekit-1');
  await appliance.docker(
    'run',
    '--detach',
    '--name',
    'squatter',
    '--network',
    'appliance_rtc',
    '--ip',
    taken,
    image,
  );
  await appliance.until('livekit serves on another address', 30_000, (status) => {
    const target = targetOf(status);
    return (
      target !== null &&
      target !== `${taken}:7882` &&
      status.services.every(({ probe }) => probe?.ok === true)
    );
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { gaps } = await flow.stop();
  await appliance.docker('rm', '--force', 'squatter');
  t.log(`outages: ${gaps.map(({ ms }) => `${ms} ms`).join(', ')}`);
  t.is(gaps.filter(({ ms }) => ms > 100).length, 1, 'one outage, which ended');
  const events = await appliance.events();
  t.true(events.some(({ kind, cause }) => kind === 'backend-moved' && cause.includes(taken)));
});

const targetOf = (status: Awaited<ReturnType<Appliance['status']>>) =>
  status.firewall.published.find(({ port }) => port === 7882)?.target ?? null;
