import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { judgeRings, keepRings, type Rings, readRings } from '../../../agent/hardware/rings.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import type { Run } from '../../../agent/system/processes.ts';

/** Recorded from ethtool 6.14 on a virtio interface; of one with larger rings only the figures are others. */
const ethtool = (now: number, most: number) => `Ring parameters for eth0:
Pre-set maximums:
RX:\t\t\t${most}
RX Mini:\t\tn/a
RX Jumbo:\t\tn/a
TX:\t\t\t${most}
TX push buff len:\tn/a
Current hardware settings:
RX:\t\t\t${now}
RX Mini:\t\tn/a
RX Jumbo:\t\tn/a
TX:\t\t\t${now}
RX Buf Len:\t\tn/a
CQE Size:\t\tn/a
`;
const answering =
  (stdout: string, exitCode = 0): Run =>
  async () => ({ exitCode, stdout, stderr: '', durationMs: 1 });
const nic = { name: 'eth0', pci: '8086:1539', driver: 'igb', rxQueues: ['rx-0'] };
const wanted = { rx: 1024, tx: 1024 };
const sized = (now: number, most = 4096): Rings => ({
  now: { rx: now, tx: now },
  most: { rx: most, tx: most },
});
const stateOf = (rings: Rings, set: 'before' | 'since' | null) =>
  judgeRings(wanted, [nic], new Map([['eth0', rings]]), set)[0]?.state;

test('the rings of an interface are what ethtool says; why they are not known is told', async (t) => {
  t.deepEqual(await readRings(answering(ethtool(256, 4096)), 'eth0'), sized(256));
  // As for a veth: "netlink error: Operation not supported".
  const none = { why: 'this interface has no rings that can be set' };
  t.deepEqual(await readRings(answering('', 95), 'veth0'), none);
  const missing: Run = () =>
    Promise.reject(new AgentError({ code: 'PROCESS_NOT_STARTED', message: 'ENOENT', hint: '' }));
  t.deepEqual(await readRings(missing, 'eth0'), {
    why: 'ethtool is not installed: `sudo apt-get install ethtool`',
  });
});

test('a ring is as wanted when it is as large, larger, or as large as it can be', (t) => {
  for (const rings of [sized(1024), sized(4096), sized(256, 256)]) t.is(stateOf(rings, 'before'), 'applied');
});

test('a ring that is smaller is in force from the next boot, was not taken by the last, or never set', (t) => {
  t.is(stateOf(sized(256), 'since'), 'pending');
  t.is(stateOf(sized(256), 'before'), 'unsupported');
  t.is(stateOf(sized(256), null), 'drifted');
  t.is(stateOf({ why: 'no rings' }, null), 'unsupported');
  t.deepEqual(judgeRings(undefined, [nic], new Map(), null), []);
});

test('udev is told once, and told no more when the profile says nothing of rings', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'aa-rings-'));
  t.teardown(() => rm(root, { recursive: true }));
  const path = join(root, 'etc/systemd/network/99-default.link.d/appliance-agent.conf');
  t.false(await keepRings(undefined, root));
  t.true(await keepRings(wanted, root));
  t.regex(await readFile(path, 'utf8'), /^\[Link\]\nRxBufferSize=1024\nTxBufferSize=1024\n$/m);
  t.false(await keepRings(wanted, root));
  t.true(await keepRings({ rx: 512, tx: 1024 }, root));
  t.true(await keepRings(undefined, root));
  await t.throwsAsync(readFile(path), { code: 'ENOENT' });
});
