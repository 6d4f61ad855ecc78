import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { APPLIANCE_NEEDS, type Appliance, isUp, startAppliance } from '../support/appliance.ts';
import { type Client, createClient, echoedBySfu } from '../support/client.ts';
import { HOST_V4 } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';

const test = testWhen(needs(APPLIANCE_NEEDS));
const NFT = '/usr/sbin/nft';
const IPTABLES = '/usr/sbin/iptables';
let appliance: Appliance;
let client: Client;

test.before('an appliance comes up', async () => {
  appliance = await startAppliance();
  client = createClient(appliance.machine);
});
test.after.always('it is taken away', () => appliance?.destroy());

const inHost = async (command: string, ...args: string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await appliance.machine.inHost(command, args);
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
};
const byHand = async (script: string) => {
  const file = join(appliance.machine.root, 'by-hand.nft');
  await writeFile(file, script);
  await inHost(NFT, '-f', file);
};
const echoed = () => echoedBySfu(client);

interface DoctorCheck {
  readonly check: string;
  readonly code: string | null;
  readonly evidence: string;
  readonly next: string | null;
}

/** The line of doctor for a check. */
async function doctor(check: string): Promise<DoctorCheck> {
  const { stdout } = await appliance.agentctl('doctor', '--json');
  const { checks } = JSON.parse(stdout) as { checks: readonly DoctorCheck[] };
  const found = checks.find((line) => line.check === check);
  if (found === undefined) throw new Error(`doctor has no check ${check}`);
  return found;
}

test('on an appliance by itself nothing of others is found', async (t) => {
  t.is((await doctor('Rules of others')).evidence, 'none drops our traffic');
  t.is((await doctor('Ports of the stack')).evidence, 'free, or held by the stack itself');
  t.is((await doctor('Docker rules')).evidence, 'in place, kept with /usr/sbin/iptables');
});

test('a site’s own table that drops what is forwarded is named, with its chain and its policy', async (t) => {
  await byHand(`table inet site {
    chain guard {
      type filter hook forward priority filter; policy drop;
      ct state established,related accept
      iifname "br-appliance" accept
    }
  }`);
  t.is(await echoed(), 0);
  const { code, evidence, next } = await doctor('Rules of others');
  t.is(code, 'FOREIGN_DROP');
  t.is(evidence, 'table inet site, chain guard: `policy drop of the forward hook` (7881/tcp, 7882/udp)');
  t.regex(next ?? '', /0x200000/);
  await inHost(
    NFT,
    'insert',
    'rule',
    'inet',
    'site',
    'guard',
    'meta',
    'mark',
    'and',
    '0x200000',
    '!=',
    '0',
    'accept',
  );
  t.is(await echoed(), 10, 'the next step that doctor names is the way through');
  t.is((await doctor('Rules of others')).code, null);
  await inHost(NFT, 'delete', 'table', 'inet', 'site');
});

test('a rule that drops the relay is named with its handle; one for some senders only is told of', async (t) => {
  await byHand(
    `table ip house {
    chain guests {
      type filter hook input priority 0; policy accept;
      ip saddr 203.0.113.0/24 drop
      udp dport 3478 drop comment "no games"
    }
  }`,
  );
  t.false((await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 500 })).ok);
  const { code, evidence } = await doctor('Rules of others');
  t.is(code, 'FOREIGN_DROP');
  t.regex(
    evidence,
    /^table ip house, chain guests: `udp dport 3478 drop comment "no games", handle \d+` \(3478\/udp\);/,
  );
  t.regex(evidence, /may drop some packets: .*`ip saddr 203\.0\.113\.0\/24 drop, handle \d+`/);
  await inHost(NFT, 'delete', 'table', 'ip', 'house');
  t.true((await client.stun({ host: HOST_V4, port: 3478, timeoutMs: 2_000 })).ok);
});

test('iptables that drops what comes in is named; the status says it too, and when it is gone', async (t) => {
  await inHost(IPTABLES, '-A', 'INPUT', '-i', 'lo', '-j', 'ACCEPT');
  await inHost(
    IPTABLES,
    '-A',
    'INPUT',
    '-m',
    'conntrack',
    '--ctstate',
    'RELATED,ESTABLISHED',
    '-j',
    'ACCEPT',
  );
  await inHost(IPTABLES, '-P', 'INPUT', 'DROP');
  const { evidence } = await doctor('Rules of others');
  t.is(
    evidence,
    'iptables, table filter, chain INPUT: `policy DROP (`-P INPUT DROP`)` (3478/udp, 3478/tcp, 49152-49663/udp)',
  );
  const { problems } = await appliance.until('status names it', 45_000, (status) =>
    status.problems.some(({ code }) => code === 'FOREIGN_DROP'),
  );
  t.is(problems.find(({ code }) => code === 'FOREIGN_DROP')?.severity, 'critical');
  await inHost(IPTABLES, '-P', 'INPUT', 'ACCEPT');
  await inHost(IPTABLES, '-F', 'INPUT');
  await appliance.until('all is well again', 45_000, isUp);
});

test('the drops of Docker 28 do not reach our traffic, and are seen not to', async (t) => {
  const address = (await appliance.status()).firewall.published
    .find(({ port }) => port === 7882)
    ?.target?.split(':')[0];
  if (address === undefined) return t.fail('7882 has no target');
  // What 28 writes for a bridge and for a container without published ports.
  const unpublished = ['DOCKER', '!', '-i', 'br-appliance', '-o', 'br-appliance', '-j', 'DROP'];
  const direct = ['PREROUTING', '-d', `${address}/32`, '!', '-i', 'br-appliance', '-j', 'DROP'];
  await inHost(IPTABLES, '-A', ...unpublished);
  await inHost(IPTABLES, '-t', 'raw', '-A', ...direct);
  t.is(await echoed(), 10);
  t.true((await client.tcp({ host: HOST_V4, port: 7881, timeoutMs: 2_000, echo: true })).ok);
  t.is((await doctor('Rules of others')).code, null);
  t.is((await doctor('Forward path')).code, null);

  // Without our rule the same drop is the one that decides: what was passed above is Docker 28's.
  await inHost(IPTABLES, '-P', 'FORWARD', 'ACCEPT');
  await appliance.agent().stop();
  const rules = await inHost(IPTABLES, '-S', 'DOCKER-USER');
  const ours = rules.split('\n').find((line) => line.includes('appliance-agent')) ?? '';
  await inHost(IPTABLES, ...ours.replace('-A', '-D').split(' '));
  t.is(await echoed(), 0);
  const { code, evidence } = await doctor('Forward path');
  t.is(code, 'FORWARD_PATH_BLOCKED');
  t.regex(evidence, /dropped by `-A DOCKER ! -i br-appliance -o br-appliance -j DROP`/);
  await appliance.startAgent();
  await inHost(IPTABLES, '-D', ...unpublished);
  await inHost(IPTABLES, '-t', 'raw', '-D', ...direct);
  await inHost(IPTABLES, '-P', 'FORWARD', 'DROP');
  await appliance.freshStatus();
  await appliance.until('the path is open again', 30_000, isUp);
  t.is(await echoed(), 10);
});

test('a program on a published port is named with its pid, and one that only this host reaches is not', async (t) => {
  const wait = (address: string) =>
    `const s = require('node:dgram').createSocket('udp4').bind(7882, '${address}', () => console.log('waits'))`;
  const loopback = await appliance.machine.spawnInHost(process.execPath, ['-e', wait('127.0.0.1')]);
  await loopback.waitForOutput(/waits/, 5_000);
  t.is((await doctor('Ports of the stack')).code, null);
  const squatter = await appliance.machine.spawnInHost(process.execPath, ['-e', wait(HOST_V4)]);
  await squatter.waitForOutput(/waits/, 5_000);
  const { code, evidence } = await doctor('Ports of the stack');
  t.is(code, 'PORT_TAKEN');
  t.regex(evidence, /^7882\/udp by \S+ \(pid \d+\)$/);
  t.is(await echoed(), 10, 'the stack serves: it is the other program that is hidden');
  await Promise.all([loopback.stop(), squatter.stop()]);
  t.is((await doctor('Ports of the stack')).code, null);
});

test('a port that Docker publishes is named as docker-proxy’s', async (t) => {
  const image = (await appliance.docker('inspect', '-f', '{{.Config.Image}}', 'appliance-livekit-1')).trim();
  await appliance.docker('run', '--detach', '--name', 'rival', '--publish', '7882:7882/udp', image);
  const { evidence, next } = await doctor('Ports of the stack');
  t.regex(evidence, /^7882\/udp by docker-proxy \(pid \d+\)/);
  t.regex(next ?? '', /docker ps/);
  t.is(await echoed(), 10);
  await appliance.docker('rm', '--force', 'rival');
});
