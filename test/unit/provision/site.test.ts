import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readSite } from '../../../agent/config/site.ts';
import { hostsNaming, wantedName } from '../../../agent/provision/site/machine-name.ts';
import { findResponder } from '../../../agent/provision/site/responder.ts';
import { announceMachine, nameMachine } from '../../../agent/provision/site/steps.ts';
import type { Run } from '../../../agent/system/processes.ts';

const ID = '0123456789abcdef0123456789abcdef\n';
const AUTO = { hostname: 'auto', mdns: true };

/** A machine of files, and the commands that were run on it. */
async function machine(t: ExecutionContext, files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'aa-site-'));
  t.teardown(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const commands: string[] = [];
  const run: Run = async (command, args) => {
    commands.push([command, ...args].join(' '));
    return { exitCode: 0, stdout: '', stderr: '', durationMs: 1 };
  };
  return { root, run, commands, read: (path: string) => readFile(join(root, path), 'utf8') };
}

test('a name that says nothing is replaced by one of the machine’s own, which does not tell its id', (t) => {
  const name = wantedName('auto', '', ID) ?? '';
  t.regex(name, /^appliance-[0-9a-f]{6}$/);
  for (const present of ['localhost\n', 'debian\n', 'LOCALHOST', '(none)'])
    t.is(wantedName('auto', present, ID), name);
  t.false(ID.includes(name.slice('appliance-'.length)));
  t.not(wantedName('auto', '', ID.replace('0', 'f')), name);
});

test('what an operator called a machine is kept, unless the configuration says another', (t) => {
  t.is(wantedName('auto', 'hall\n', ID), null);
  t.is(wantedName('hall', 'hall\n', ID), null);
  t.is(wantedName('kitchen', 'hall\n', ID), 'kitchen');
});

test('the name stands in /etc/hosts where Debian puts it, and nothing else of it changes', (t) => {
  t.is(hostsNaming('127.0.0.1\tlocalhost\n', 'hall'), '127.0.0.1\tlocalhost\n127.0.1.1\thall\n');
  t.is(hostsNaming('127.0.0.1 localhost', 'hall'), '127.0.0.1 localhost\n127.0.1.1\thall\n');
  const before = '127.0.1.1 debian.lan debian\n192.0.2.7 printer\n';
  t.is(hostsNaming(before, 'hall'), '127.0.1.1\thall\n192.0.2.7 printer\n');
});

test('a machine is named once: a second run finds it as it should be', async (t) => {
  const here = await machine(t, { 'etc/machine-id': ID, 'etc/hosts': '127.0.0.1\tlocalhost\n' });
  const name = await nameMachine(AUTO, here);
  t.is(await here.read('etc/hostname'), `${name}\n`);
  t.regex(await here.read('etc/hosts'), new RegExp(`^127\\.0\\.1\\.1\\t${name}$`, 'm'));
  t.deepEqual(here.commands, [`hostname ${name}`]);
  t.is(await nameMachine(AUTO, here), null);
  t.is(here.commands.length, 1);
});

test('what announces a machine is written once, follows the responder, and is gone when nobody is to', async (t) => {
  const files = {
    'etc/systemd/network/lan.network': '[Match]\nName=eth0\n',
    'etc/systemd/network/quiet.network': '[Match]\nName=eth1\n[Network]\nMulticastDNS=no\n',
    'etc/systemd/network/eth.link': '[Match]\n',
  };
  const here = await machine(t, files);
  const written = await announceMachine('systemd-resolved', here);
  t.deepEqual(written, [
    '/etc/systemd/resolved.conf.d/appliance-agent.conf',
    '/etc/systemd/dnssd/appliance-agent.dnssd',
    '/etc/systemd/network/lan.network.d/appliance-agent.conf',
  ]);
  t.regex(await here.read('etc/systemd/network/lan.network.d/appliance-agent.conf'), /^MulticastDNS=yes$/m);
  t.deepEqual(here.commands, [
    'systemctl is-active --quiet systemd-networkd.service',
    'systemctl --no-block restart systemd-networkd.service',
    'systemctl is-active --quiet systemd-resolved.service',
    'systemctl --no-block restart systemd-resolved.service',
  ]);
  t.deepEqual(await announceMachine('systemd-resolved', here), []);
  t.is(here.commands.length, 4, 'nobody is restarted for nothing');
  await announceMachine('avahi', here);
  t.regex(await here.read('etc/avahi/services/appliance-agent.service'), /<type>_appliance\._tcp<\/type>/);
  t.deepEqual(await readdir(join(here.root, 'etc/systemd/resolved.conf.d')), []);
  await announceMachine(null, here);
  t.deepEqual(await readdir(join(here.root, 'etc/avahi/services')), []);
});

test('the responder is what is on the machine and enabled; why there is none is told', async (t) => {
  const { root } = await machine(t, {
    'usr/lib/x86_64-linux-gnu/libidn2.so.0': '',
    'usr/lib/os-release': '',
  });
  const enabled =
    (...units: readonly string[]): Run =>
    async (_, args) => {
      const yes = units.some((unit) => args.includes(`${unit}.service`));
      return { exitCode: yes ? 0 : 1, stdout: yes ? 'enabled\n' : 'disabled\n', stderr: '', durationMs: 1 };
    };
  t.deepEqual(await findResponder(enabled('avahi-daemon', 'systemd-resolved'), root), { responder: 'avahi' });
  t.deepEqual(await findResponder(enabled('systemd-resolved'), root), { responder: 'systemd-resolved' });
  t.deepEqual(await findResponder(enabled(), root), {
    why: 'neither avahi-daemon nor systemd-resolved is installed and enabled',
  });
  await rm(join(root, 'usr/lib/x86_64-linux-gnu/libidn2.so.0'));
  const without = await findResponder(enabled('systemd-resolved'), root);
  t.true('why' in without && without.why.includes('libidn2-0'));
});

test('the site is read from a configuration that is refused for what is missing elsewhere, and from none', (t) => {
  t.deepEqual(readSite('stack: element-call\nsite: {hostname: hall}\n'), { hostname: 'hall', mdns: true });
  for (const text of ['', '# nothing\n', 'stack: embedded\n', 'site:\n'])
    t.deepEqual(readSite(text), AUTO, text);
  for (const text of ['site: {mdns: perhaps}', 'site: {hostname: Hall.example}', 'site: [', 'site: 7'])
    t.is(readSite(text), null, text);
});
