import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { dockerRules, gatherDockerRules } from '../../../agent/conditions/gather/docker-rules.ts';

const PATH = '/etc/docker/daemon.json';

test('Docker keeps its rules with iptables unless it was told otherwise', (t) => {
  for (const file of [null, '', '{}', '{"iptables": true, "log-driver": "journald"}']) {
    t.like(dockerRules(['dockerd'], file, PATH), { backend: 'iptables', masquerade: true });
  }
});

test('its file and its command line can tell it to write none, and the evidence says which did', (t) => {
  t.deepEqual(dockerRules(['dockerd'], '{"iptables": false}', PATH), {
    backend: 'none',
    masquerade: true,
    evidence: `Docker was told to write no rules, by ${PATH}`,
  });
  t.like(dockerRules(['dockerd', '--iptables=false', '--ip-masq=false'], null, PATH), {
    backend: 'none',
    masquerade: false,
    evidence: 'Docker was told to write no rules, by its command line',
  });
});

test('Docker 29’s other back end is told from none', (t) => {
  t.is(dockerRules(['dockerd'], '{"firewall-backend": "nftables"}', PATH).backend, 'nftables');
  t.is(dockerRules(['dockerd', '--firewall-backend', 'nftables'], null, PATH).backend, 'nftables');
});

async function proc(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-proc-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  await process(path, 'self', 'agent', 'net:[1]', []);
  return path;
}

async function process(folder: string, pid: string, comm: string, net: string, words: readonly string[]) {
  await mkdir(join(folder, pid, 'ns'), { recursive: true });
  await writeFile(join(folder, pid, 'comm'), `${comm}\n`);
  await writeFile(join(folder, pid, 'cmdline'), words.map((word) => `${word}\0`).join(''));
  await symlink(net, join(folder, pid, 'ns/net'));
}

test('the engine of this network namespace is asked, and not one in a container', async (t) => {
  const folder = await proc(t);
  const file = join(folder, 'daemon.json');
  await writeFile(file, '{"iptables": false}');
  await process(folder, '20', 'dockerd', 'net:[2]', ['dockerd']);
  t.deepEqual(await gatherDockerRules(folder), { known: false, why: 'no dockerd runs on this host' });
  await process(folder, '30', 'dockerd', 'net:[1]', ['dockerd', `--config-file=${file}`]);
  t.deepEqual(await gatherDockerRules(folder), {
    known: true,
    value: {
      backend: 'none',
      masquerade: true,
      evidence: `Docker was told to write no rules, by ${file}`,
    },
  });
});

test('a file that cannot be understood leaves it unknown, and is not repeated', async (t) => {
  const folder = await proc(t);
  const file = join(folder, 'daemon.json');
  await writeFile(file, '{"proxies": hunter2');
  await process(folder, '30', 'dockerd', 'net:[1]', ['dockerd', `--config-file=${file}`]);
  t.deepEqual(await gatherDockerRules(folder), { known: false, why: `${file} is not valid JSON` });
});

test('an engine that was killed and is not collected yet, which has no command line, is passed over', async (t) => {
  const folder = await proc(t);
  await process(folder, '30', 'dockerd', 'net:[1]', []);
  t.deepEqual(await gatherDockerRules(folder), { known: false, why: 'no dockerd runs on this host' });
});
