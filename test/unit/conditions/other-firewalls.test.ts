import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { gatherOtherFirewalls } from '../../../agent/conditions/gather/other-firewalls.ts';

async function machine(t: ExecutionContext, files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'aa-root-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  const fact = await gatherOtherFirewalls(root);
  if (!fact.known) throw new Error(fact.why);
  return fact.value;
}

const NFTABLES_CONF = '#!/usr/sbin/nft -f\n\nflush ruleset\n\ntable inet filter {\n}\n';
const WANTED = 'etc/systemd/system/sysinit.target.wants/nftables.service';

test('a bare machine has no other firewall', async (t) => {
  t.deepEqual(await machine(t, {}), { flushing: null, ufw: null, firewalld: null });
});

test('nftables.service flushes when it is enabled and its file says so, and not when only one of them', async (t) => {
  const conf = { 'etc/nftables.conf': NFTABLES_CONF };
  t.is((await machine(t, conf)).flushing, null);
  t.is((await machine(t, { [WANTED]: '', 'etc/nftables.conf': '# flush ruleset\n' })).flushing, null);
  t.regex((await machine(t, { ...conf, [WANTED]: '' })).flushing ?? '', /flush ruleset/);
});

test('ufw is on when its file says so', async (t) => {
  t.is((await machine(t, { 'etc/ufw/ufw.conf': 'ENABLED=no\nLOGLEVEL=low\n' })).ufw, null);
  t.regex((await machine(t, { 'etc/ufw/ufw.conf': '# x\nENABLED=yes\n' })).ufw ?? '', /ENABLED=yes/);
});

test('firewalld is on when it is enabled, or runs', async (t) => {
  const wanted = { 'etc/systemd/system/multi-user.target.wants/firewalld.service': '' };
  t.regex((await machine(t, wanted)).firewalld ?? '', /enabled/);
  t.regex((await machine(t, { 'run/firewalld.pid': '1\n' })).firewalld ?? '', /runs/);
});
