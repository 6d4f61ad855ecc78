import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Status } from '../../agent/control/status.ts';
import { APPLIANCE_NEEDS, type Appliance, startAppliance } from '../support/appliance.ts';
import { type Client, createClient } from '../support/client.ts';
import { HOST_V4, HOST_V6 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs({ ...APPLIANCE_NEEDS, commands: [...(APPLIANCE_NEEDS.commands ?? []), 'ping'] }));
const NFT = '/usr/sbin/nft';
/** Where people manage the machine, and services that nobody listed. */
const SSH = 22;
const UNLISTED = 8080;
const UNLISTED_UDP = 9999;
const SHORT_TRIAL_S = 10;
let appliance: Appliance;
let client: Client;

test.before('an appliance comes up, on which others listen too', async () => {
  appliance = await startAppliance();
  client = createClient(appliance.machine);
  const others = await appliance.machine.spawnInHost(process.execPath, [
    '-e',
    `for (const port of [${SSH}, ${UNLISTED}])
       require('net').createServer((one) => one.pipe(one).on('error', () => one.destroy())).listen(port, '::');
     const udp = require('dgram').createSocket('udp4', (data, { port, address }) => udp.send(data, port, address));
     udp.bind(${UNLISTED_UDP}, () => console.log('listening'));`,
  ]);
  await others.waitForOutput(/listening/, 10_000);
});
test.after.always('it is taken away', () => appliance?.destroy());

const isOpen = async (port: number, host: string = HOST_V4) =>
  (await client.tcp({ host, port, timeoutMs: 600, echo: true })).ok;
const echoed = async (host: string, port: number) =>
  (await client.udpEcho({ host, port, count: 10, intervalMs: 5 })).received;
const rules = async () =>
  (await appliance.machine.inHost(NFT, ['-s', 'list', 'table', 'inet', 'appliance'])).stdout;
type InForce = NonNullable<Status['firewall']['perimeter']>['inForce'];
const perimeterIs = (inForce: InForce) =>
  appliance.until(
    `in force is: ${inForce}`,
    20_000,
    ({ firewall }) => firewall.perimeter?.inForce === inForce && firewall.state === 'in-sync',
  );
const codes = ({ problems }: Status) => problems.map(({ code }) => code);

/** Writes the configuration, and has it looked at now. */
async function configure(mode: string, ports: string, trial: string): Promise<void> {
  const { config } = appliance.paths;
  await mkdir(dirname(config), { recursive: true });
  const management = `  management:\n    ports: ${ports}\n`;
  await writeFile(config, `stack: embedded\nfirewall:\n  mode: ${mode}\n  trial: ${trial}\n${management}`);
  process.kill(appliance.agent().pid, 'SIGHUP');
}

async function asked(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await appliance.agentctl('firewall', ...words);
  if (exitCode !== 0) throw new Error(`firewall ${words.join(' ')}: ${stderr}`);
  return stdout;
}

/** Milliseconds until the port is as wanted; gives up at the limit. */
async function becomes(port: number, open: boolean, limitMs: number): Promise<number> {
  const beginning = performance.now();
  while ((await isOpen(port)) !== open && performance.now() - beginning < limitMs);
  return performance.now() - beginning;
}

test('observe writes no rule, and tells what enforce would close', async (t) => {
  const before = await rules();
  await configure('observe', '[22]', '2min');
  await appliance.until('it is observed', 20_000, ({ firewall }) => firewall.perimeter?.mode === 'observe');
  const shown = await asked('show');
  t.regex(shown, /^Perimeter: observed, nothing is closed/m);
  t.regex(shown, /^8080\/tcp +\S+ \(pid \d+\)/m);
  t.regex(shown, /^9999\/udp +\S+ \(pid \d+\)/m);
  const [, closes = ''] = shown.split('CLOSES');
  t.notRegex(closes, /^(22|3478|49\d\d\d)\//m);
  t.regex((await appliance.agentctl('doctor')).stdout, /^NOTE +Perimeter +.*8080\/tcp/ms);
  t.is(await rules(), before);
  t.true(await isOpen(UNLISTED));
});

test('on trial all is closed but the stack, management and what networks need; what runs goes on', async (t) => {
  const running = await client.startUdpFlow({ host: HOST_V4, port: UNLISTED_UDP, intervalMs: 10 });
  await configure('enforce', '[22]', '2min');
  const status = await perimeterIs('trial');
  t.true(codes(status).includes('PERIMETER_ON_TRIAL'));
  t.false(await isOpen(UNLISTED));
  t.false(await isOpen(UNLISTED, HOST_V6));
  t.is(await echoed(HOST_V4, UNLISTED_UDP), 0);

  const early = await appliance.agentctl('firewall', 'confirm');
  t.is(early.exitCode, 1);
  t.regex(early.stderr, /Nobody has come in by a new connection/);

  await appliance.machine.inClient('ip', ['-6', 'neigh', 'flush', 'dev', 'eth0']);
  await appliance.machine.inHost('ip', ['-6', 'neigh', 'flush', 'dev', 'eth0']);
  for (const host of [HOST_V4, HOST_V6]) {
    t.is((await appliance.machine.inClient('ping', ['-c', '1', '-W', '1', host])).exitCode, 0, host);
    t.is(await echoed(host, 7882), 10, host);
    t.true(await isOpen(7881, host), host);
  }
  t.true((await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 1_000 })).ok);
  const secret = (await readFile(join(appliance.paths.secrets, 'turn'), 'utf8')).trim();
  const relayed = await client.relay({
    ...{ server: HOST_V4, secret, peer: HOST_V4, peerPort: 7882 },
    ...{ transport: 'udp', method: 'channel', count: 10 },
  });
  t.is(relayed.lost, 0, relayed.output);
  t.true(await isOpen(SSH));
  const { sent, received } = await running.stop();
  t.is(received, sent);

  const { dropped }: Status['firewall'] = JSON.parse(await asked('show', '--json'));
  t.true(dropped.some(({ what, packets }) => /perimeter/.test(what) && packets > 0));
  t.regex(await asked('show'), /^Perimeter: on trial until /m);
});

test('rolled back it is gone at once, and is not tried again by itself', async (t) => {
  await asked('rollback');
  t.true((await becomes(UNLISTED, true, 2_000)) < 2_000);
  // A perimeter is what it leaves open: other settings do not make it another.
  await configure('enforce', '[22]', `${SHORT_TRIAL_S}s`);
  await appliance.freshStatus();
  const status = await appliance.freshStatus();
  t.true(codes(status).includes('PERIMETER_ROLLED_BACK'));
  t.is(status.firewall.perimeter?.inForce, 'nothing');
  t.notRegex(await rules(), /perimeter|trial/);
});

test('the agent is killed on trial: the kernel ends it, and the next agent says so', async (t) => {
  await asked('try');
  await perimeterIs('trial');
  await appliance.agent().stop({ signal: 'SIGKILL' });
  t.false(await isOpen(UNLISTED));
  const ms = await becomes(UNLISTED, true, (SHORT_TRIAL_S + 3) * 1_000);
  t.log(`open again ${Math.round(ms)} ms after the agent was killed`);
  t.true(await isOpen(UNLISTED));
  t.regex(await rules(), /jump trial-/, 'nobody but the kernel has touched the rules');
  await appliance.startAgent();
  const status = await perimeterIs('nothing');
  t.regex(
    status.problems.find(({ code }) => code === 'PERIMETER_ROLLED_BACK')?.evidence ?? '',
    /was not confirmed within 10s/,
  );
  t.notRegex(await rules(), /perimeter|trial/);
  t.true(await isOpen(UNLISTED));
});

test('confirmed it stays, over a restart of the agent and from boot on', async (t) => {
  await asked('try');
  await perimeterIs('trial');
  t.true(await isOpen(SSH));
  t.regex(await asked('confirm'), /is confirmed/);
  t.false(codes(await perimeterIs('confirmed')).includes('PERIMETER_ON_TRIAL'));
  await appliance.agent().stop();
  await appliance.machine.inHost(NFT, ['delete', 'table', 'inet', 'appliance']);
  t.true(await isOpen(UNLISTED));
  const loaded = await appliance.machine.inHost(NFT, ['-j', '-f', appliance.paths.firewallBase]);
  t.is(loaded.exitCode, 0, loaded.stderr);
  t.false(await isOpen(UNLISTED));
  t.true(await isOpen(SSH));
  await appliance.startAgent();
  await perimeterIs('confirmed');
  t.false(await isOpen(UNLISTED));
  t.true(await isOpen(SSH));
});

test('a change of what is confirmed is on trial in its place; when its time is up, the kernel goes back to it', async (t) => {
  await configure('enforce', `[${UNLISTED}]`, `${SHORT_TRIAL_S}s`);
  await perimeterIs('trial');
  await appliance.agent().stop({ signal: 'SIGKILL' });
  t.true(await isOpen(UNLISTED));
  t.false(await isOpen(SSH));
  await becomes(SSH, true, (SHORT_TRIAL_S + 3) * 1_000);
  t.true(await isOpen(SSH));
  t.false(await isOpen(UNLISTED));
  await appliance.startAgent();
  t.true(codes(await perimeterIs('confirmed')).includes('PERIMETER_ROLLED_BACK'));
  t.false(await isOpen(UNLISTED));
});

test('publish ends it, and forgets what was confirmed', async (t) => {
  await configure('publish', '[22]', `${SHORT_TRIAL_S}s`);
  await appliance.until('it is gone', 20_000, ({ firewall }) => firewall.perimeter === null);
  t.true(await isOpen(UNLISTED));
  t.notRegex(await rules(), /perimeter|trial/);
  await configure('enforce', '[22]', `${SHORT_TRIAL_S}s`);
  await perimeterIs('trial');
});
