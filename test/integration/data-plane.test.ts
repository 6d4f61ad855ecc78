import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { type Client, createClient } from '../support/client.ts';
import { isAnswered, sender, startEcho } from '../support/datagram.ts';
import { CLIENT_V4, CLIENT_V6, HOST_V4, HOST_V6 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { packets, peersSeen, sfuAddresses } from '../support/seen.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
const LIVEKIT = 'appliance-livekit-1';
let appliance: Appliance;
let client: Client;

test.before('an appliance comes up', async () => {
  appliance = await startAppliance();
  client = createClient(appliance.machine);
  // The bridge's IPv6 address is of no use until the kernel has made sure that nobody else has it (RFC 4862).
  for (let tries = 0; tries < 3; tries += 1) {
    if (await isAnswered(appliance.machine.inClient, HOST_V6, 7882)) return;
  }
});
test.after.always('it is taken away', () => appliance?.destroy());

test('over IPv6, UDP and TCP are answered, and the SFU sees the client’s own address', async (t) => {
  const flow = await client.udpEcho({ host: HOST_V6, port: 7882, count: 50, intervalMs: 5 });
  t.is(flow.received, 50);
  t.true((await client.tcp({ host: HOST_V6, port: 7881, timeoutMs: 2_000, echo: true })).ok);
  const peers = await peersSeen(appliance);
  for (const protocol of ['udp', 'tcp']) t.true(peers.includes(`${protocol} ${CLIENT_V6}`), peers.join());
});

test('what is changed in the kernel for IPv6 is recorded with its reason', async (t) => {
  const changes = (await appliance.events()).filter(({ kind }) => kind === 'setting-changed');
  t.deepEqual(
    changes.map(({ action }) => action),
    ['set net/ipv6/conf/eth0/accept_ra to 2; it was 1', 'set net/ipv6/conf/all/forwarding to 1; it was 0'],
  );
  t.true(changes.every(({ cause, result }) => cause !== '' && result === 'ok'));
});

test('the counters of a port count both families', async (t) => {
  const row7882 = async () =>
    (await appliance.freshStatus()).firewall.published.find(({ port }) => port === 7882);
  const before = await row7882();
  for (const host of [HOST_V4, HOST_V6]) await client.udpEcho({ host, port: 7882, count: 20, intervalMs: 2 });
  const after = await row7882();
  t.is((after?.packets ?? 0) - (before?.packets ?? 0), 80);
  t.is((after?.flows ?? 0) - (before?.flows ?? 0), 2);
});

test('this host, and a container beside the SFU, reach it as clients do', async (t) => {
  const image = (await appliance.docker('inspect', '-f', '{{.Config.Image}}', LIVEKIT)).trim();
  const neighbour = ['--detach', '--name', 'neighbour', '--network', 'appliance_rtc'];
  await appliance.docker('run', ...neighbour, image);
  for (const address of [HOST_V4, HOST_V6]) {
    t.true(await isAnswered(appliance.machine.inHost, address, 7882), `from the host to ${address}`);
    const inContainer = sender('/usr/bin/node', address, 7882);
    const answer = await appliance.docker('exec', 'neighbour', ...inContainer);
    t.is(answer.trim(), 'answered', `from a container to ${address}`);
  }
  await appliance.docker('rm', '--force', 'neighbour');
});

for (const [there, own] of [
  [CLIENT_V4, HOST_V4],
  [CLIENT_V6, HOST_V6],
] as const) {
  test(`what a container sends to ${there} comes from this host`, async (t) => {
    const echo = await startEcho(appliance.machine.spawnInClient, there, 9000);
    t.is(
      (await appliance.docker('exec', LIVEKIT, ...sender('/usr/bin/node', there, 9000))).trim(),
      'answered',
    );
    t.deepEqual(
      echo.sources().map((source) => source.split(' ')[0]),
      [own],
    );
    await echo.stop();
  });
}

test('who has a route to the containers reaches none of their ports by it', async (t) => {
  const { inClient } = appliance.machine;
  for (const [subnet, via] of [
    ['172.30.5.0/24', HOST_V4],
    ['fd4a:9c1e:7d30:5::/64', HOST_V6],
  ] as const) {
    const { exitCode, stderr } = await inClient('ip', ['route', 'add', subnet, 'via', via]);
    t.is(exitCode, 0, stderr);
  }
  for (const address of await sfuAddresses(appliance)) {
    const before = await packets(appliance, 'direct-dropped');
    t.false(await isAnswered(inClient, address, 7882), `${address} 7882/udp`);
    for (const port of [7880, 7881]) {
      t.false(
        (await client.tcp({ host: address, port, timeoutMs: 1_000, echo: false })).ok,
        `${address} ${port}`,
      );
    }
    t.true(
      (await packets(appliance, 'direct-dropped')) - before >= 3,
      `${address}: they arrived, and were dropped`,
    );
  }
  for (const host of [HOST_V4, HOST_V6])
    t.true(await isAnswered(inClient, host, 7882), 'by the host all is well');
});

test('the SFU moves to a new IPv6 address: a client that keeps its 5-tuple is served again within 3 s', async (t) => {
  const flow = await client.startUdpFlow({ host: HOST_V6, port: 7882, intervalMs: 5 });
  await appliance.docker('network', 'disconnect', '--force', 'appliance_rtc', LIVEKIT);
  const address = ['--ip6', 'fd4a:9c1e:7d30:5::77', '--alias', 'livekit'];
  await appliance.docker('network', 'connect', ...address, 'appliance_rtc', LIVEKIT);
  await appliance.until('the SFU is published again', 10_000, isUp);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const { longestGapMs, received } = await flow.stop();
  t.log(`longest gap ${longestGapMs} ms, ${received} answers`);
  t.true(longestGapMs > 0, 'the move was not seen by the client at all');
  // Should the first question for the new neighbour be lost, the next follows after a second (RFC 4861).
  t.true(longestGapMs < 3_000, `${longestGapMs} ms without an answer`);
  t.true(await isAnswered(appliance.machine.inClient, HOST_V6, 7882));
});

/** Sends so many datagrams to a port of an address, each from a port of its own, from these addresses in turn. */
const FLOOD = `
  const [address, port, count, ...sources] = process.argv.slice(1);
  const send = (number) => new Promise((resolve) => {
    const socket = require('node:dgram').createSocket('udp4');
    socket.on('error', () => resolve());
    socket.bind(0, sources[number % sources.length], () =>
      socket.send('x', Number(port), address, () => socket.close(resolve)));
  });
  (async () => { for (let number = 0; number < Number(count); number += 1) await send(number); })();
`;

test('a flood of new flows to TURN is cut down for its source, and over all; the SFU is served meanwhile', async (t) => {
  const { inClient } = appliance.machine;
  const flood = (count: number, sources: readonly string[]) =>
    inClient(process.execPath, ['-e', FLOOD, HOST_V4, '3478', String(count), ...sources]);
  t.is(await packets(appliance, 'turn-source-dropped'), 0, 'nothing was dropped before');
  const media = client.udpEcho({ host: HOST_V4, port: 7882, count: 100, intervalMs: 10 });
  await flood(600, [CLIENT_V4]);
  const ofOne = await packets(appliance, 'turn-source-dropped');
  t.true(ofOne > 200, `${ofOne} of 600 dropped`);
  t.is((await media).received, 100);

  const many = Array.from({ length: 60 }, (_, index) => `198.51.100.${100 + index}`);
  for (const address of many) await inClient('ip', ['address', 'add', `${address}/24`, 'dev', 'eth0']);
  await flood(3000, many);
  const ofAll = await packets(appliance, 'turn-overall-dropped');
  t.true(ofAll > 500, `${ofAll} of 3000 dropped`);
  t.log(`dropped: ${ofOne} of 600 from one source, ${ofAll} of 3000 from ${many.length} sources`);
  t.true(isUp(await appliance.freshStatus()), 'the agent’s own probes got through');
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  t.true((await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 2_000 })).ok, 'and it is over');
});
