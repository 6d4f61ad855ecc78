import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { APPLIANCE_NEEDS, type Appliance, startAppliance } from '../support/appliance.ts';
import { type Client, createClient } from '../support/client.ts';
import { HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import { assertNowhere } from '../support/secrecy.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
let appliance: Appliance;
let client: Client;

test.before('an appliance comes up', async () => {
  appliance = await startAppliance();
  client = createClient(appliance.machine);
});
test.after.always('it is taken away', () => appliance?.destroy());

const secretNow = async () => (await readFile(join(appliance.paths.secrets, 'turn'), 'utf8')).trim();
const relayWith = (secret: string, count: number) =>
  client.relay({
    ...{ server: HOST_V4, secret, peer: HOST_V4, peerPort: 7882 },
    ...{ transport: 'udp', method: 'channel', count },
  });
const startOfRelay = async () =>
  (await appliance.freshStatus()).services.find(({ name }) => name === 'coturn')?.startedAt;

test('a secret of the relay is rotated under a call: not a datagram is lost, and the old one goes when its time is over', async (t) => {
  const [old, relayStarted] = [await secretNow(), await startOfRelay()];
  // 20 ms between the packets: it goes on until after the end of the rotation.
  const call = relayWith(old, 1_000);
  const asked = await appliance.agentctl('secrets', 'rotate', 'turn', '--overlap', '12s');
  t.is(asked.exitCode, 0, asked.stderr);
  const overlapping = await appliance.until('both are good', 10_000, ({ problems }) =>
    problems.some(({ code, evidence }) => code === 'SECRET_ROTATING' && /overlap until/.test(evidence)),
  );
  t.is(overlapping.overall, 'ok', 'a rotation alarms nobody');
  const made = await secretNow();
  t.not(made, old);
  const [listed, again, ...relayed] = await Promise.all([
    appliance.agentctl('secrets', 'list'),
    appliance.agentctl('secrets', 'rotate', 'turn'),
    relayWith(made, 5),
    relayWith(old, 5),
  ]);
  t.regex(listed.stdout, /^turn +.*the one before it is still good/m);
  t.regex(again.stderr, /being rotated already/);
  for (const { received } of relayed) t.is(received, 5, 'both are good');

  await appliance.until('the overlap is over', 30_000, ({ problems }) =>
    problems.every(({ code }) => code !== 'SECRET_ROTATING'),
  );
  t.is((await relayWith(old, 5)).refusal, 'Cannot complete Allocation');
  t.is((await relayWith(made, 5)).received, 5);
  const { sent, received, output } = await call;
  t.deepEqual([sent, received], [1_000, 1_000], output);
  t.is(await startOfRelay(), relayStarted, 'coturn was not restarted');
  t.deepEqual(
    (await appliance.events()).filter(({ subject }) => subject === 'secret turn').map(({ kind }) => kind),
    ['secret-rotation-asked', 'secret-prepared', 'secret-switched', 'secret-overlap', 'secret-over'],
  );

  await t.notThrowsAsync(assertNowhere(appliance, [old, made]));
});
