import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { probeStunBinding } from '../../agent/probes/stun-probe.ts';
import { run } from '../../agent/system/processes.ts';
import { needs, testWhen } from '../support/needs.ts';
import { udpFlow } from '../support/udp-flow.ts';
import {
  boot,
  type Clone,
  cloneImage,
  type Factory,
  installer,
  makeFactory,
  removeFactory,
  serves,
} from './image.ts';
import { isServed } from './installation.ts';

const MINUTE = 60_000;
const test = testWhen(
  needs({ root: true, commands: ['mmdebstrap', 'systemd-nspawn', 'nsenter', 'unshare'] }),
);
let factory: Factory;
const clones: Clone[] = [];

test.before(async (t) => {
  t.timeout(8 * MINUTE);
  factory = await makeFactory();
});

test.after.always(async () => {
  for (const clone of clones) await clone.destroy();
  if (factory !== undefined) await removeFactory(factory);
});

async function bootClone(root: string): Promise<Clone> {
  const clone = await boot(root);
  clones.push(clone);
  return clone;
}

/** Every file of a tree with its size and time: what changes when anything is written. */
async function listing(directory: string): Promise<string> {
  const { stdout } = await run('find', [directory, '-xdev', '-printf', '%p %s %T@ %l\n'], {
    timeoutMs: MINUTE,
  });
  return stdout.split('\n').sort().join('\n');
}

test('two release bundles of the same sources are the same to the last byte', (t) => {
  t.is(factory.sha256[0], factory.sha256[1]);
});

test('a flipped byte in a bundle is named, and nothing is changed', async (t) => {
  t.timeout(MINUTE);
  const before = await listing(factory.image);
  const damaged = join(factory.bundle, 'release/agent.js');
  await copyFile(damaged, join(factory.directory, 'whole'));
  const content = await readFile(damaged);
  content.writeUInt8(content.readUInt8(1000) ^ 1, 1000);
  await writeFile(damaged, content);
  await writeFile(join(factory.bundle, 'release/added'), '');
  const refused = await installer(factory.bundle, '--root', factory.image);
  t.is(refused.exitCode, 69);
  t.regex(refused.stderr, /^release\/agent\.js: FAILED$/m);
  t.regex(refused.stderr, /^release\/added: not in SHA256SUMS$/m);
  t.is(await listing(factory.image), before);
  await copyFile(join(factory.directory, 'whole'), damaged);
  await run('rm', [join(factory.bundle, 'release/added')], { timeoutMs: MINUTE });
});

test('--root installs in an image without a network, and a second run changes nothing', async (t) => {
  t.timeout(2 * MINUTE);
  const { image, bundle } = factory;
  const before = await listing(image);
  const told = await installer(bundle, '--root', image, '--dry-run');
  t.is(told.exitCode, 0, told.stderr);
  t.regex(told.stdout, /Release … would place and switch to the release/);
  t.is((await installer(bundle, '--root', image, '--check')).exitCode, 1, 'it is not installed yet');
  t.is(await listing(image), before, 'a dry run and a check change nothing');

  const first = await installer(bundle, '--root', image);
  t.is(first.exitCode, 0, first.stdout + first.stderr);
  t.false(
    (await readdir(join(image, 'var/lib'))).includes('appliance-agent'),
    'no state and no secret is made',
  );
  const installed = await listing(image);
  const second = await installer(bundle, '--root', image);
  t.regex(second.stdout, /^nothing to do: /m);
  t.is(await listing(image), installed);
  t.is((await installer(bundle, '--root', image, '--check')).exitCode, 0);
  const objects = (await installer(bundle, '--root', image, '--json')).stdout.trimEnd().split('\n');
  t.deepEqual(
    objects.map((line) => JSON.parse(line).changed),
    objects.map(() => false),
  );
});

test('systemd of the image has nothing to say about the units', async (t) => {
  const units = '/etc/systemd/system/appliance-agent*.service';
  const verified = await run('chroot', [factory.image, 'sh', '-c', `systemd-analyze verify ${units}`], {
    timeoutMs: MINUTE,
  });
  t.is(verified.stderr, '');
});

test('verify --offline proves the image, and names what is missing in one that was damaged', async (t) => {
  t.timeout(MINUTE);
  const agentctl = join(factory.bundle, 'release/bin/agentctl');
  const verify = () =>
    run(agentctl, ['verify', '--offline', '--root', factory.image, '--json'], { timeoutMs: MINUTE });
  const proved = await verify();
  t.is(proved.exitCode, 0, proved.stdout + proved.stderr);
  const enabled = join(factory.image, 'etc/systemd/system/multi-user.target.wants/appliance-agent.service');
  await run('rm', [enabled], { timeoutMs: MINUTE });
  const refuted = await verify();
  t.is(refuted.exitCode, 2);
  t.regex(refuted.stdout, /appliance-agent\.service is not enabled/);
  t.is((await installer(factory.bundle, '--root', factory.image)).exitCode, 0);
  t.is((await verify()).exitCode, 0, 'the installer made it good');
});

test('an image with a secret or an identity is not sealed, and each is named', async (t) => {
  t.timeout(MINUTE);
  const { image, bundle } = factory;
  const secrets: Readonly<Record<string, string>> = {
    'root/.npmrc': '//registry.example/:_authToken=abcdefgh\n',
    'etc/ssl/private/factory.key': '-----BEGIN PRIVATE KEY-----\n',
  };
  /** To be removed without a word, or only named. */
  const traces: Readonly<Record<string, string>> = {
    'root/.python_history': 'import os\n',
    'root/.ssh/known_hosts': 'factory.example ssh-ed25519 AAAA\n',
    'root/.ssh/authorized_keys': 'ssh-ed25519 AAAA technician\n',
    'etc/machine-info': 'PRETTY_HOSTNAME=Factory\n',
    'var/lib/systemd/random-seed': 'seed',
  };
  await mkdir(join(image, 'root/.ssh'), { recursive: true });
  for (const [path, text] of Object.entries({ ...secrets, ...traces }))
    await writeFile(join(image, path), text);
  await writeFile(join(image, 'etc/machine-id'), '');
  const looked = await installer(bundle, '--seal', '--root', image, '--check');
  t.is(looked.exitCode, 69);
  const identities = ['etc/machine-id', 'var/lib/systemd/random-seed', 'etc/ssh/ssh_host_ed25519_key'];
  for (const path of [...Object.keys(secrets), ...identities])
    t.true(looked.stderr.includes(`fatal ${path}: `), path);
  for (const path of [
    'root/.python_history',
    'root/.ssh/known_hosts',
    'root/.ssh/authorized_keys',
    'etc/machine-info',
  ])
    t.true(looked.stderr.includes(`warning ${path}: `), path);
  t.false(looked.stderr.includes('abcdefgh'));
  t.is((await installer(bundle, '--seal', '--root', image)).exitCode, 69);
  for (const path of Object.keys(secrets)) await run('rm', [join(image, path)], { timeoutMs: MINUTE });
  const sealed = await installer(bundle, '--seal', '--root', image);
  t.is(sealed.exitCode, 0, sealed.stdout + sealed.stderr);
  t.is(await readFile(join(image, 'etc/machine-id'), 'utf8'), 'uninitialized\n');
  const left = (await readdir(join(image, 'etc/ssh'))).filter((name) => name.startsWith('ssh_host_'));
  t.deepEqual([...left, ...(await readdir(join(image, 'root/.ssh')))], ['authorized_keys']);
  t.regex(sealed.stdout, /^warning root\/\.ssh\/authorized_keys: /m);
  t.is((await installer(bundle, '--seal', '--root', image, '--check')).exitCode, 0);
});

/** What must differ between two clones of an image. */
async function identity(clone: Clone): Promise<Record<string, string>> {
  const asked = {
    machineId: 'cat /etc/machine-id',
    engineId: 'docker info --format "{{.ID}}"',
    secrets: 'find /var/lib/appliance-agent/secrets -type f | sort | xargs cat | sha256sum',
    hostname: 'hostname',
    hostKey: 'ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key',
  };
  const answers: [string, string][] = [];
  for (const [name, script] of Object.entries(asked))
    answers.push([name, (await clone.sh(script)).stdout.trim()]);
  return Object.fromEntries(answers);
}

const CONFIGURATION = '/etc/appliance-agent/appliance.yaml';

/** By mDNS alone, with its DNS-SD record; and no more when the configuration says so. */
async function findsByName(t: ExecutionContext, seeker: Clone, sought: Clone): Promise<void> {
  const name = (await sought.sh('hostname')).stdout.trim();
  t.regex(name, /^appliance-[0-9a-f]{6}$/);
  t.regex((await sought.sh('cat /etc/issue.d/appliance-agent.issue')).stdout, /^Reach it at: \\n\.local /m);
  await seeker.plugInto();
  const until = (command: string) =>
    `for i in $(seq 40); do ${command} && exit 0; sleep 0.5; done; resolvectl status eth0; exit 1`;
  const asks = `timeout 5 resolvectl query --cache=no --protocol=mdns ${name}.local`;
  const found = await seeker.sh(until(`${asks} 2>/dev/null`), MINUTE);
  t.true(found.stdout.includes(sought.address), found.stdout);
  const records = await seeker.sh(
    until(`timeout 5 resolvectl service ${name} _appliance._tcp local`),
    MINUTE,
  );
  t.regex(records.stdout, new RegExp(`${name}\\.local:22 `), records.stderr);

  await sought.sh(`cp ${CONFIGURATION} /root/before && echo 'site: {mdns: false}' >>${CONFIGURATION}`);
  t.is(
    (await seeker.sh(until(`! ${asks} >/dev/null 2>&1`), MINUTE)).exitCode,
    0,
    'it is not announced any more',
  );
  await sought.sh(`cp /root/before ${CONFIGURATION}`);
}

/** Made by our unit before sshd, and before Debian's own; made good again where a power cut left an empty one. */
async function hasOwnHostKeys(t: ExecutionContext, clone: Clone): Promise<void> {
  const unit = 'appliance-agent-hostkeys.service';
  t.is((await clone.sh(`systemctl is-active ${unit} ssh.service`)).stdout, 'active\nactive\n');
  const since = async (name: string) =>
    Number(
      (await clone.sh(`systemctl show --property=ExecMainStartTimestampMonotonic --value ${name}`)).stdout,
    );
  t.true((await since(unit)) < (await since('sshd-keygen.service')));
  t.true((await since('sshd-keygen.service')) < (await since('ssh.service')));
  const key = '/etc/ssh/ssh_host_ed25519_key';
  const cut = await clone.sh(
    `: >${key} && rm ${key}.pub && systemctl restart ${unit} && ssh-keygen -l -f ${key}`,
  );
  t.is(cut.exitCode, 0, cut.stderr);
  t.is((await clone.sh(`ssh-keygen -l -f ${key}.pub`)).stdout, cut.stdout);
}

let first: { root: string; clone: Clone; identity: Record<string, string> };

/** Resolves when coturn listens on the machine's address: to the seconds that it took. */
async function isOnItsAddress(clone: Clone): Promise<number> {
  const begun = performance.now();
  const seconds = () => Math.round((performance.now() - begun) / 1000);
  while (!(await probeStunBinding({ host: clone.address, port: 3478, timeoutMs: 500 })).ok) {
    if (seconds() > 40) throw new Error('coturn does not answer on the new address');
    await sleep(500);
  }
  return seconds();
}

/** A boot with the cable plugged in, until the stack serves. */
async function bootPlugged(t: ExecutionContext, root: string): Promise<Clone> {
  const clone = await bootClone(root);
  await clone.plugIn();
  await serves(t, clone);
  await isOnItsAddress(clone);
  return clone;
}

/** As the wait services of network managers do without a cable. */
const NETWORK_NEVER_COMES = `[Unit]
Before=network-online.target
[Service]
Type=oneshot
ExecStart=/usr/bin/sleep 120
`;

test('a clone of the sealed image comes up without a network, unattended, and then serves the world', async (t) => {
  t.timeout(4 * MINUTE);
  const root = await cloneImage(factory, 'one');
  const units = join(root, 'etc/systemd/system');
  const wants = join(units, 'network-online.target.wants');
  await mkdir(wants, { recursive: true });
  await writeFile(join(units, 'no-network.service'), NETWORK_NEVER_COMES);
  await symlink('../no-network.service', join(wants, 'no-network.service'));
  const begun = performance.now();
  const clone = await bootClone(root);
  await serves(t, clone);
  const seconds = Math.round((performance.now() - begun) / 1000);
  t.log(`it served ${seconds} s after its first boot began`);
  t.true(seconds < 90, 'it does not wait for the network for two minutes');
  const network = await clone.sh('systemctl is-active no-network.service network-online.target');
  t.is(
    network.stdout,
    'activating\ninactive\n',
    'the network is still waited for, and the stack does not care',
  );
  const marked =
    'for i in $(seq 20); do test -s /var/lib/appliance-agent/provisioned && exit 0; sleep 0.2; done; exit 1';
  t.is((await clone.sh(marked)).exitCode, 0);
  t.regex((await clone.sh('cat /etc/issue.d/appliance-agent.issue')).stdout, /OK, all services are serving/);
  await rm(join(wants, 'no-network.service'));
  await clone.plugIn();
  t.log(`coturn is on the new address ${await isOnItsAddress(clone)} s after the cable was plugged in`);
  await serves(t, clone);
  await isServed(t, { machine: clone, before: {} });
  first = { root, clone, identity: await identity(clone) };
});

test('a second clone differs in every secret and id, and its sshd starts with keys of its own', async (t) => {
  t.timeout(4 * MINUTE);
  const root = await cloneImage(factory, 'two');
  const clone = await bootClone(root);
  await serves(t, clone);
  await hasOwnHostKeys(t, clone);
  const own = await identity(clone);
  for (const [name, value] of Object.entries(own)) {
    t.not(value, '', name);
    t.not(value, first.identity[name], name);
  }
  await findsByName(t, clone, first.clone);
  await first.clone.cutPower();
  await clone.cutPower();
});

test('an upgrade and a rollback while the stack serves: a flow through it goes on', async (t) => {
  t.timeout(5 * MINUTE);
  const { newer } = factory;
  await run('cp', ['--archive', '--reflink=auto', newer, join(first.root, 'root/newer')], {
    timeoutMs: MINUTE,
  });
  await writeFile(join(first.root, 'etc/appliance-agent/appliance.yaml'), '# edited by an operator\n', {
    flag: 'a',
  });
  const clone = await bootPlugged(t, first.root);
  t.deepEqual(await identity(clone), first.identity, 'nothing of it changed by the power cut');
  const stop = new AbortController();
  const flow = udpFlow({ host: clone.address, port: 7882, intervalMs: 20 }, stop.signal);
  const version = async () => JSON.parse((await clone.sh('agentctl status --json')).stdout).agentVersion;
  const before = await version();

  const upgraded = await clone.sh('/root/newer/install.sh --live --offline', 3 * MINUTE);
  t.is(upgraded.exitCode, 0, upgraded.stdout + upgraded.stderr);
  t.is(await version(), '99.0.0');
  const back = await clone.sh('/opt/appliance-agent/current/install.sh --rollback', 3 * MINUTE);
  t.is(back.exitCode, 0, back.stdout + back.stderr);
  t.is(await version(), before);
  t.is((await clone.sh('/opt/appliance-agent/current/install.sh --rollback', 3 * MINUTE)).exitCode, 0);
  t.is(await version(), '99.0.0', 'a rollback is undone by another one');
  t.is((await clone.sh('/opt/appliance-agent/current/install.sh --rollback', 3 * MINUTE)).exitCode, 0);

  stop.abort();
  const { sent, received, longestGapMs } = await flow;
  t.log(`${received} of ${sent} datagrams came back, the longest gap ${longestGapMs} ms`);
  t.true(sent > 100 && received >= sent - 2, `${received} of ${sent}`);
  const configuration = await clone.sh('cat /etc/appliance-agent/appliance.yaml');
  t.true(configuration.stdout.includes('# edited by an operator'));
  await clone.cutPower();
});

/** Moments at which the power goes, in milliseconds after the installation began. */
const CUTS = [400, 1200, 1800, 2500, 3500];

test('the power goes in the middle of an upgrade, at several moments: the next boot serves, with one whole release', async (t) => {
  t.timeout(6 * MINUTE);
  const seen: string[] = [];
  let clone = await bootPlugged(t, first.root);
  for (const cut of CUTS) {
    // Where an earlier one got through, the way back is cut off.
    const installed = (await clone.sh('cat /opt/appliance-agent/current/VERSION')).stdout.startsWith('99.');
    const command = installed
      ? '/opt/appliance-agent/current/install.sh --rollback'
      : '/root/newer/install.sh --live --offline';
    const changing = clone.sh(command, MINUTE);
    await sleep(cut);
    await clone.cutPower();
    await changing;
    clone = await bootPlugged(t, first.root);
    const release = '/opt/appliance-agent/current';
    const whole = await clone.sh(
      `cd ${release} && sha256sum --check --quiet SHA256SUMS && cmp images.json /usr/share/appliance-agent/images/images.json && cat VERSION`,
    );
    t.is(whole.exitCode, 0, `after ${cut} ms: ${whole.stdout}`);
    seen.push(`${cut} ms of ${installed ? 'a rollback' : 'an upgrade'}: ${whole.stdout.trim()}`);
    t.deepEqual(await identity(clone), first.identity);
  }
  t.log(seen.join('; '));
  const finished = await clone.sh('/root/newer/install.sh --live --offline', 2 * MINUTE);
  t.is(finished.exitCode, 0, finished.stdout + finished.stderr);
  t.is((await clone.sh('/root/newer/install.sh --live --check', MINUTE)).exitCode, 0);
  await clone.cutPower();
});
