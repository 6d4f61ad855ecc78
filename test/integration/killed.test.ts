import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { isErrno } from '../../agent/system/errors.ts';
import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { createClient, echoedBySfu } from '../support/client.ts';
import { HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
const SEED = Number(process.env.APPLIANCE_AGENT_TEST_SEED ?? randomInt(2 ** 31));
let appliance: Appliance;

test.before('an appliance comes up', async () => {
  appliance = await startAppliance();
});
test.after.always('it is taken away', () => appliance?.destroy());
test.beforeEach('what was tried before is forgotten, or it would be waited for', async () => {
  for (const service of ['livekit', 'coturn']) await appliance.agentctl('heal', service);
  await appliance.until('the appliance is up', 60_000, isUp);
});

/** Kills an agent and what it started, as systemd does with what is left of a unit. */
async function killAll(pid: number): Promise<void> {
  const children = await childrenOf(pid);
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
  await Promise.all(children.map(killAll));
}

async function childrenOf(pid: number): Promise<number[]> {
  try {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return [];
    throw error;
  }
}

const resumed = async () => {
  const { pid } = await appliance.startAgent();
  // After so many ends it would only observe.
  await appliance.agentctl('resume');
  return pid;
};

/** The containers that the engine was asked to make since then, by their services. */
async function madeSince(since: number): Promise<readonly string[]> {
  const range = ['--since', String(since / 1_000), '--until', String(Date.now() / 1_000)];
  const format = '{{index .Actor.Attributes "com.docker.compose.service"}}';
  const told = await appliance.docker('events', ...range, '--filter', 'event=create', '--format', format);
  return told.trim().split('\n').sort();
}

async function endsWell(t: ExecutionContext): Promise<void> {
  await appliance.until('everything serves', 60_000, isUp);
  const names = await appliance.docker('ps', '--all', '--format', '{{.Names}} {{.State}}');
  t.deepEqual(names.trim().split('\n').sort(), ['appliance-coturn-1 running', 'appliance-livekit-1 running']);
  const client = createClient(appliance.machine);
  t.is(await echoedBySfu(client), 10);
  t.true((await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 2_000 })).ok);
}

test('killed at three moments while it brings everything up: each container is made once', async (t) => {
  const moments = fc.sample(fc.integer({ min: 0, max: 3_000 }), { seed: SEED, numRuns: 3 });
  t.log(`seed ${SEED}: killed after ${moments.join(', ')} ms`);
  await appliance.agent().stop();
  const images = (await appliance.docker('images', '--quiet')).trim().split('\n');
  await appliance.docker('rm', '--force', 'appliance-livekit-1', 'appliance-coturn-1');
  await appliance.docker('rmi', '--force', ...images);
  const since = Date.now();
  for (const moment of moments) {
    const pid = await resumed();
    await sleep(moment);
    await killAll(pid);
    await appliance.agent().exited;
  }
  await resumed();
  await endsWell(t);
  t.deepEqual(await madeSince(since), ['coturn', 'livekit']);
});

// Compose makes the new one, stops the old one, and removes it.
for (const [index, event] of ['create', 'kill', 'destroy'].entries()) {
  test(`killed at the engine’s ${event} while a container is made anew: no half of one is left, and nobody is taken to have stopped it`, async (t) => {
    const since = Date.now();
    const filter = ['--since', String(since / 1_000), '--filter', `event=${event}`];
    const events = ['events', ...filter, '--format', 'seen {{.Action}}'];
    const host = `unix://${appliance.paths.engineSocket}`;
    const told = await appliance.machine.spawnInHost('/usr/bin/docker', events, {
      env: { DOCKER_HOST: host },
    });
    const { pid } = appliance.agent();
    await writeFile(appliance.paths.config, `stack: embedded\nturn:\n  relayPorts: 50000-5009${index}\n`);
    await told.waitForOutput(/seen/, 30_000);
    await killAll(pid);
    await appliance.agent().exited;
    await told.stop();
    const left = await appliance.docker('ps', '--all', '--format', '{{.Names}} {{.State}}');
    t.log(left.trim().split('\n').join(', '));
    await resumed();
    await endsWell(t);
    const made = await madeSince(since);
    t.true(
      made.length >= 1 && made.length <= 2 && made.every((service) => service === 'coturn'),
      made.join(),
    );
  });
}
