import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { run } from '../../agent/system/processes.ts';
import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { type Client, createClient, echoedBySfu } from '../support/client.ts';
import { HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
const LIVEKIT = 'appliance-livekit-1';
let appliance: Appliance;
let client: Client;
let directory: string;

/** What the agent calls to have its engine restarted: it asks this test, and waits until that was done. */
const RESTART_ENGINE = `#!/bin/sh
touch "$0.asked"
for _ in $(seq 300); do [ -e "$0.asked" ] || exit 0; sleep 0.2; done
exit 1
`;

test.before('an appliance comes up', async () => {
  directory = await mkdtemp(join(tmpdir(), 'aa-ladder-'));
  const engineRestart = join(directory, 'restart-engine');
  await writeFile(engineRestart, RESTART_ENGINE, { mode: 0o755 });
  appliance = await startAppliance({ engineRestart });
  client = createClient(appliance.machine);
});
test.after.always('it is taken away', async () => {
  await appliance?.destroy();
  await rm(directory, { recursive: true, force: true });
});
test.beforeEach('what was tried before is forgotten, and the appliance is up', async () => {
  for (const service of ['livekit', 'coturn']) await appliance.agentctl('heal', service);
  await appliance.until('the appliance is up', 60_000, isUp);
});

const newest = async () => (await appliance.events()).at(-1)?.id ?? 0;
const pidOf = async (container: string) =>
  Number(await appliance.docker('inspect', '-f', '{{.State.Pid}}', container));
const echoed = () => echoedBySfu(client);

/** Waits until a service serves again; the events about it since `id`, each as a story. */
async function healed(id: number, service: string, limitMs: number): Promise<string[]> {
  const begun = performance.now();
  for (;;) {
    const events = (await appliance.events()).filter(
      (event) => event.id > id && event.subject === service && event.kind !== 'heal-asked',
    );
    const story = events.map(({ kind, cause, action, result }) => `${kind}: ${cause} → ${action}: ${result}`);
    if (events.length > 0 && events.every(({ result }) => result !== 'pending')) return story;
    if (performance.now() - begun > limitMs) throw new Error(`not within ${limitMs} ms: ${story.join('\n')}`);
    await sleep(100);
  }
}

test('one service hangs, the other is alive and deaf: both are restarted, side by side', async (t) => {
  const before = await newest();
  // Its process heeds no signal but SIGKILL.
  process.kill(await pidOf('appliance-coturn-1'), 'SIGSTOP');
  const inside = ['--target', String(await pidOf(LIVEKIT)), '--net', '/usr/sbin/nft'];
  const deafen = 'table inet deaf { chain input { type filter hook input priority 0; policy drop; }; }';
  const { exitCode, stderr } = await run('nsenter', [...inside, deafen], { timeoutMs: 10_000 });
  t.is(exitCode, 0, stderr);
  for (const service of ['livekit', 'coturn']) {
    t.deepEqual(await healed(before, service, 60_000), [
      'service-silent: it runs but no longer answers → restarted it: ok',
    ]);
  }
  t.is(await echoed(), 10);
  t.true((await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 2_000 })).ok);
});

test('a service that is killed for lack of memory is said to be', async (t) => {
  const before = await newest();
  const pid = await pidOf(LIVEKIT);
  // Of the processes of a container the kernel kills the one with the worst score.
  await writeFile(`/proc/${pid}/oom_score_adj`, '1000');
  const hog = 'const kept = []; for (;;) kept.push(Buffer.alloc(16 << 20, 1));';
  await appliance.docker('exec', LIVEKIT, '/usr/bin/node', '-e', hog).catch(() => undefined);
  const [story = ''] = await healed(before, 'livekit', 60_000);
  t.regex(story, /lack of memory/);
  t.is(await echoed(), 10);
});

test('an image that is broken in the engine is loaded anew from its archive, once restarting and making anew did not help', async (t) => {
  const before = await newest();
  const image = (await appliance.docker('inspect', '-f', '{{.Config.Image}}', LIVEKIT)).trim();
  const broken = `${appliance.machine.root}/broken.tar`;
  await run('tar', ['-cf', broken, '-T', '/dev/null'], { timeoutMs: 10_000 });
  await appliance.docker('import', broken, 'broken:1');
  await appliance.docker('tag', 'broken:1', image);
  await appliance.docker('rm', '--force', LIVEKIT);
  const story = await healed(before, 'livekit', 90_000);
  t.regex(story[0] ?? '', /loaded .* anew from .*\.tar, and made it anew \(\d attempts\): ok/);
  t.is(await echoed(), 10);
});

test('an image that was removed is loaded from its archive before the container is made', async (t) => {
  const before = await newest();
  const image = (await appliance.docker('inspect', '-f', '{{.Config.Image}}', LIVEKIT)).trim();
  await appliance.docker('rm', '--force', LIVEKIT);
  await appliance.docker('rmi', '--force', image);
  t.true((await healed(before, 'livekit', 60_000)).every((story) => story.endsWith(': ok')));
  t.is(await echoed(), 10);
});

/** Restarts the engine once the agent asks for it; resolves to the milliseconds until it did. */
async function restartWhenAsked(limitMs: number): Promise<number> {
  const asked = join(directory, 'restart-engine.asked');
  const begun = performance.now();
  while (!existsSync(asked)) {
    if (performance.now() - begun > limitMs) throw new Error(`the agent did not ask within ${limitMs} ms`);
    await sleep(100);
  }
  const waited = performance.now() - begun;
  await appliance.engine().kill();
  await appliance.startEngine();
  await rm(asked);
  return waited;
}

for (const [what, harm] of [
  ['that hangs', async () => void process.kill(appliance.engine().pid, 'SIGSTOP')],
  [
    'that is gone, with its socket',
    async () => {
      await appliance.engine().kill();
      await rm(appliance.paths.engineSocket, { force: true });
    },
  ],
] as const) {
  test(`an engine ${what} is restarted after 30 s, once, and meanwhile nothing is closed`, async (t) => {
    const before = await newest();
    const status = await appliance.status();
    await harm();
    const waitedMs = await restartWhenAsked(90_000);
    t.log(`asked after ${Math.round(waitedMs / 100) / 10} s`);
    t.true(waitedMs >= 25_000);
    await appliance.until('everything serves again', 60_000, isUp);
    t.is(await echoed(), 10, 'what status says is of the containers that run now');
    const events = (await appliance.events()).filter(({ id }) => id > before);
    const restarts = events.filter(({ kind }) => kind === 'engine-restarted');
    t.deepEqual(
      restarts.map(({ subject, action, result }) => `${subject}: ${action}: ${result}`),
      ['engine: restarted the Docker Engine: ok'],
    );
    t.deepEqual(
      events.filter(({ kind }) => kind === 'held' || kind === 'table-drifted'),
      [],
    );
    t.is(status.firewall.published.length, (await appliance.status()).firewall.published.length);
  });
}

test('a service that answers, and is not well by the operator’s own check, is restarted', async (t) => {
  const TTL = 'net/ipv4/ip_default_ttl';
  const script = `const ttl = Number(require('fs').readFileSync('/proc/sys/${TTL}', 'utf8'));
    console.log('ttl', ttl); process.exitCode = ttl === 64 ? 0 : 3;`;
  const services = { livekit: { startup: '5s', check: ['/usr/bin/node', '-e', script] } };
  await writeFile(appliance.paths.config, stringify({ stack: 'embedded', services }));
  await appliance.agent().stop();
  const before = await newest();
  const inside = ['--target', String(await pidOf(LIVEKIT)), '--net', 'sysctl', '-qw', `${TTL}=63`];
  t.is((await run('nsenter', inside, { timeoutMs: 10_000 })).exitCode, 0);
  await appliance.startAgent();
  const story = await healed(before, 'livekit', 60_000);
  t.regex(story.join(), /the check ended with status 3: ttl 63.* → restarted it/);
  await appliance.until('the check is content', 20_000, ({ services }) =>
    services.some(({ probe }) => probe?.ok === true && probe.detail.endsWith('; the check says: ttl 64')),
  );
  await writeFile(appliance.paths.config, 'stack: embedded\n');
});

test('an agent that was killed three times only observes, until an operator lets it act again', async (t) => {
  for (const _ of [1, 2, 3]) {
    await appliance.agent().stop({ signal: 'SIGKILL' });
    await appliance.startAgent();
  }
  await appliance.until('it says so', 10_000, ({ problems }) =>
    problems.some(({ code }) => code === 'AGENT_RESTRAINED'),
  );
  await appliance.docker('rm', '--force', LIVEKIT);
  await sleep(3_000);
  t.is((await appliance.docker('ps', '-aq', '--filter', `name=${LIVEKIT}`)).trim(), '');
  const { exitCode, stdout } = await appliance.agentctl('resume');
  t.deepEqual([exitCode, stdout], [0, 'The agent acts again.\n']);
  await appliance.until('it heals again', 30_000, isUp);
});
