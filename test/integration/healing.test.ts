import type { Status } from '../../agent/control/status.ts';
import type { RecordedEvent } from '../../agent/store/types.ts';
import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { type Client, createClient, echoedBySfu } from '../support/client.ts';
import { HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
const LIVEKIT = 'appliance-livekit-1';
let appliance: Appliance;
let client: Client;

test.before('an appliance comes up', async () => {
  appliance = await startAppliance();
  client = createClient(appliance.machine);
});
test.after.always('it is taken away', () => appliance?.destroy());
test.afterEach('what a test did is over', () => appliance.until('the appliance is up again', 60_000, isUp));

const newest = async () => (await appliance.events()).at(-1)?.id ?? 0;
const since = async (id: number, subject: string) =>
  (await appliance.events()).filter((event) => event.id > id && event.subject === subject);
const pidOf = async (container: string) =>
  Number(await appliance.docker('inspect', '-f', '{{.State.Pid}}', container));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function sfuOf({ services }: Status) {
  const [sfu] = services.filter(({ name }) => name === 'livekit');
  if (sfu === undefined) throw new Error('there is no SFU in the status');
  return sfu;
}

async function nft(command: string): Promise<void> {
  const { exitCode, stderr } = await appliance.machine.inHost('/usr/sbin/nft', [command]);
  if (exitCode !== 0) throw new Error(stderr);
}

/** Waits for the incident of a service that began after `id` to be over. */
async function incident(id: number, service: string): Promise<readonly RecordedEvent[]> {
  await appliance.until(`the incident of ${service} is over`, 30_000, isUp);
  return concluded(id, service);
}

/** Waits until nothing is pending among the events of a service after `id`. */
async function concluded(id: number, service: string): Promise<readonly RecordedEvent[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await since(id, service);
    if (found.length > 0 && found.every(({ result }) => result !== 'pending')) return found;
    await pause(100);
  }
  return since(id, service);
}

test('the process of the SFU is killed on the host: it serves again, one event with cause and action', async (t) => {
  const before = await newest();
  process.kill(await pidOf(LIVEKIT), 'SIGKILL');
  const events = await incident(before, 'livekit');
  t.is(events.length, 1, JSON.stringify(events, null, 1));
  const [event] = events;
  t.is(event?.cause, 'it was ended by signal 9 (exit 137), sent from outside the engine');
  t.regex(event?.action ?? '', /restart policy started it again|started it again/);
  t.is(event?.result, 'ok');
  t.log(`served again after ${event?.durationMs} ms`);
  t.is(await echoedBySfu(client), 10);
});

test('docker kill, which no restart policy catches, is healed by the agent', async (t) => {
  const before = await newest();
  await appliance.docker('kill', LIVEKIT);
  const events = await incident(before, 'livekit');
  t.is(events.length, 1, JSON.stringify(events, null, 1));
  t.regex(events[0]?.cause ?? '', /through the engine \(signal 9\)/);
  t.is(events[0]?.action, 'started it again');
  t.log(`served again after ${events[0]?.durationMs} ms`);
});

test('a container that is removed is made again', async (t) => {
  const before = await newest();
  await appliance.docker('rm', '--force', 'appliance-coturn-1');
  const events = await incident(before, 'coturn');
  t.is(events.length, 1, JSON.stringify(events, null, 1));
  t.is(events[0]?.result, 'ok');
  t.true((await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 2_000 })).ok);
});

test('an operator’s docker stop is respected, also by an agent that was restarted, until docker start', async (t) => {
  const before = await newest();
  await appliance.docker('stop', LIVEKIT);
  const held = await appliance.until('the stop is a hold', 10_000, ({ services }) =>
    services.some(({ name, state }) => name === 'livekit' && state === 'held'),
  );
  t.true(held.problems.some(({ code }) => code === 'SERVICE_HELD'));
  await concluded(before, 'livekit');
  await appliance.agent().stop({ signal: 'SIGKILL' });
  await appliance.startAgent();
  await pause(6_000);
  t.is((await appliance.docker('inspect', '-f', '{{.State.Status}}', LIVEKIT)).trim(), 'exited');
  await appliance.docker('start', LIVEKIT);
  await appliance.until('it is released by being started', 20_000, isUp);
  const kinds = (await since(before, 'livekit')).map(({ kind, action }) => `${kind}: ${action}`);
  t.deepEqual(kinds, ['service-died: left as it is, on hold', 'released: released from hold']);
});

test('a stop that nobody watched is respected too: the agent asks the engine what it missed', async (t) => {
  t.deepEqual(await appliance.agent().stop(), { code: 0, signal: null }, 'it puts away what it knows');
  await appliance.docker('stop', LIVEKIT);
  await appliance.startAgent();
  await appliance.until('the stop is a hold', 15_000, ({ services }) =>
    services.some(({ name, state }) => name === 'livekit' && state === 'held'),
  );
  const { exitCode, stdout } = await appliance.agentctl('release', 'livekit');
  t.is(exitCode, 0, stdout);
  await appliance.until('released, it is started', 20_000, isUp);
});

test('docker restart is not taken for a stop', async (t) => {
  const before = await newest();
  await appliance.docker('restart', LIVEKIT);
  await incident(before, 'livekit');
  t.deepEqual(
    (await since(before, 'livekit')).filter(({ kind }) => kind === 'held'),
    [],
  );
});

test('the agent is killed and started: nothing is restarted, nothing is lost', async (t) => {
  const before = await appliance.containers();
  const history = (await appliance.events()).map(({ id }) => id);
  const flow = await client.startUdpFlow({ host: HOST_V4, port: 7882, intervalMs: 5 });
  await appliance.agent().stop({ signal: 'SIGKILL' });
  await appliance.startAgent();
  await appliance.until('the new agent reports', 20_000, isUp);
  await pause(3_000);
  const { sent, received } = await flow.stop();
  t.is(received, sent, 'no packet was lost meanwhile');
  t.is(await appliance.containers(), before);
  t.deepEqual((await appliance.events()).map(({ id }) => id).slice(0, history.length), history);
});

test('dockerd is killed and started: the same client is served again, and no stop is taken for an operator’s', async (t) => {
  const before = await newest();
  const up = await appliance.status();
  const flow = await client.startUdpFlow({ host: HOST_V4, port: 7882, intervalMs: 5 });
  await appliance.engine().kill();
  const down = await appliance.until('the problem is named', 10_000, ({ problems }) =>
    problems.some(({ code }) => code === 'ENGINE_UNREACHABLE'),
  );
  t.true(
    down.firewall.published.some(({ port, target }) => port === 7882 && target !== null),
    'the ports stay open',
  );
  // It tells of no end of a container: that another SFU runs shows by its start alone, and it cannot be asked yet.
  await nft(
    'table inet mute { chain output { type filter hook output priority 0; ip daddr 172.30.5.0/24 drop; }; }',
  );
  await appliance.startEngine();
  const again = await appliance.until('the SFU runs again', 60_000, (status) => {
    const { state, startedAt } = sfuOf(status);
    return state === 'running' && startedAt !== sfuOf(up).startedAt;
  });
  t.not(sfuOf(again).probe?.ok, true, 'the answer of the one before is not held to be its own');
  await nft('delete table inet mute');
  await appliance.until('everything serves again', 60_000, isUp);
  t.is(await echoedBySfu(client), 10);
  const { gaps } = await flow.stop();
  t.log(`outages: ${gaps.map(({ ms }) => `${ms} ms`).join(', ')}`);
  t.deepEqual(
    (await since(before, 'livekit')).filter(({ kind }) => kind === 'held'),
    [],
  );
});

test('dockerd is stopped as at a shutdown and started: its own stops are no holds', async (t) => {
  const before = await newest();
  await appliance.engine().stop();
  await pause(3_000);
  await appliance.startEngine();
  await appliance.until('everything serves again', 60_000, isUp);
  const events = [...(await since(before, 'livekit')), ...(await since(before, 'coturn'))];
  t.deepEqual(
    events.filter(({ kind, action }) => kind === 'held' || /hold/.test(action ?? '')),
    [],
  );
});
