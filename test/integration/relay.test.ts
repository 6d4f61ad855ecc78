import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { allocate, sfuSends } from '../support/allocation.ts';
import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { type Client, createClient } from '../support/client.ts';
import { isAnswered, startEcho } from '../support/datagram.ts';
import { CLIENT_V4, CLIENT_V6, HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { packets } from '../support/seen.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
const PUBLIC_V4 = '203.0.113.77';
const PUBLIC_V6 = '2001:db8:77::1';
let appliance: Appliance;
let client: Client;
let secret: string;

test.before('an appliance comes up', async () => {
  appliance = await startAppliance();
  client = createClient(appliance.machine);
  secret = (await readFile(join(appliance.paths.secrets, 'turn'), 'utf8')).trim();
});
test.after.always('it is taken away', () => appliance?.destroy());

const relayTo = (peer: string, peerPort: number, count: number) =>
  client.relay({ server: HOST_V4, secret, peer, peerPort, transport: 'udp', method: 'channel', count });

const startOf = (service: string, { services }: Awaited<ReturnType<Appliance['status']>>) =>
  services.find(({ name }) => name === service)?.startedAt;

test('the relay runs as a user of its own', async (t) => {
  const pid = (await appliance.docker('inspect', '-f', '{{.State.Pid}}', 'appliance-coturn-1')).trim();
  t.regex(await readFile(`/proc/${pid}/status`, 'utf8'), /^Uid:\t73478\t73478\t73478\t73478$/m);
});

test('what the SFU sends first to a relay comes from its published address, and coturn passes it on', async (t) => {
  const allocation = await allocate(appliance, HOST_V4);
  t.is(allocation.relayed.address, HOST_V4);
  await sfuSends(appliance, HOST_V4, allocation.relayed.port);
  t.deepEqual(allocation.peers(), [`${HOST_V4} 7882`]);
  await allocation.stop();
});

test('what the SFU sends first to a client is counted like any call, and so is what comes back', async (t) => {
  const echo = await startEcho(appliance.machine.spawnInClient, CLIENT_V4, 9998);
  const counts = () =>
    Promise.all(['udp-7882-flows', 'udp-7882-out', 'udp-7882-in'].map((name) => packets(appliance, name)));
  const before = await counts();
  await sfuSends(appliance, CLIENT_V4, 9998);
  const after = await counts();
  for (const [index, count] of after.entries()) t.is(count - (before[index] ?? 0), 1);
  await echo.stop();
});

test('a service of this host, on an address that coturn is allowed to relay to, is not reached through it', async (t) => {
  const echo = await startEcho(appliance.machine.spawnInHost, HOST_V4, 9999);
  t.true(await isAnswered(appliance.machine.inClient, HOST_V4, 9999), 'the service itself answers');
  const before = await packets(appliance, 'relay-refused');
  const relayed = await relayTo(HOST_V4, 9999, 10);
  t.is(relayed.refusal, null, 'coturn itself allows it');
  t.true(relayed.sent > 0, relayed.output);
  t.is(relayed.received, 0);
  // coturn is told that each packet was refused, and gives up after a few.
  const refused = (await packets(appliance, 'relay-refused')) - before;
  t.log(`${refused} packets refused of ${relayed.sent} that the client sent`);
  t.true(refused > 0, 'it was the rule that refused');
  t.is(echo.sources().filter((source) => source.startsWith(HOST_V4)).length, 0);
  await echo.stop();
  t.is((await relayTo(HOST_V4, 7882, 20)).received, 20, 'the SFU is');
});

test('behind 1:1 NAT the public address leads to the SFU, from coturn and from this host', async (t) => {
  const { inHost } = appliance.machine;
  const before = startOf('coturn', await appliance.status());
  await mkdir(dirname(appliance.paths.config), { recursive: true });
  await writeFile(
    appliance.paths.config,
    `stack: embedded\nnetwork:\n  publicAddresses: [${PUBLIC_V4}, "${PUBLIC_V6}"]\n`,
  );
  await inHost('ip', ['route', 'add', 'default', 'via', CLIENT_V4]);
  await inHost('ip', ['route', 'add', 'default', 'via', CLIENT_V6]);
  await appliance.until(
    'coturn was made anew, and serves',
    30_000,
    (status) => isUp(status) && startOf('coturn', status) !== before,
  );

  const relayed = await relayTo(PUBLIC_V4, 7882, 50);
  t.is(relayed.refusal, null, relayed.output);
  t.deepEqual([relayed.sent, relayed.received, relayed.lost], [50, 50, 0], relayed.output);
  for (const address of [PUBLIC_V4, PUBLIC_V6]) t.true(await isAnswered(inHost, address, 7882), address);

  const allocation = await allocate(appliance, PUBLIC_V4);
  t.is(allocation.relayed.address, PUBLIC_V4, 'clients are told the public address');
  await sfuSends(appliance, PUBLIC_V4, allocation.relayed.port);
  t.log(`the SFU sent first, and the client saw ${allocation.peers().join(', ')}`);
  t.is(allocation.peers().length, 1);
  await allocation.stop();
});
