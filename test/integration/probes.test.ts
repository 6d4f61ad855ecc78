import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_CONFIG } from '../../agent/config/schema.ts';
import { turnCredential } from '../../agent/probes/turn-credential.ts';
import type { Verdict } from '../../agent/probes/types.ts';
import { turnDatabase } from '../../agent/stack/turn-credentials.ts';
import { turnserverConf } from '../../agent/stack/turnserver-conf.ts';
import { writeRendered } from '../../agent/stack/write-rendered.ts';
import { startEcho, startMute } from '../support/datagram.ts';
import { createMachine, HOST_V4, type Machine } from '../support/machine.ts';
import { needs, testWhen } from '../support/needs.ts';
import type { RelayQuestion } from '../support/relay-probe.ts';
import { secrets } from '../unit/reconcile/world.ts';

const test = testWhen(needs({ root: true, commands: ['turnserver', 'ip', 'nsenter', 'nft'] }));
const PROGRAM = join(import.meta.dirname, '../support/relay-probe.ts');
const SECRET = 'a'.repeat(64);
const RELAY = { from: 62_000, to: 62_020 };
const STRANGERS = ['10.0.0.1', '169.254.169.254', '172.30.5.1', '192.0.2.1'];
let machine: Machine;

/** The real coturn, with the configuration that the agent gives it, and a peer that echoes. */
test.before('a relay', async () => {
  machine = await createMachine();
  const config = { ...DEFAULT_CONFIG, turn: { ...DEFAULT_CONFIG.turn, relayPorts: RELAY } };
  const conf = join(machine.root, 'turnserver.conf');
  const text = turnserverConf({ config, addresses: [HOST_V4] });
  await writeFile(conf, text.replaceAll(/=\/(?:tmp|etc)\//g, `=${machine.root}/`));
  await writeRendered(
    [turnDatabase(config.turn.realm, { ...secrets, turn: SECRET }, ['turn'])].map((file) => ({
      ...file,
      owner: { uid: 0, gid: 0 },
    })),
    machine.root,
  );
  await startEcho(machine.spawnInHost, HOST_V4, 7882);
  await startMute(machine.spawnInHost, HOST_V4, 7883);
  await machine.spawnInHost('turnserver', ['-c', conf]);
  for (let tries = 0; tries < 50 && !(await ask()).verdict.ok; tries += 1) await sleep(100);
});
test.after.always('it is taken away', () => machine?.destroy());

async function ask(
  changes: Partial<RelayQuestion> = {},
): Promise<{ verdict: Verdict; refusals: Record<string, string> }> {
  const question: RelayQuestion = {
    server: { address: HOST_V4, port: 3478 },
    transport: 'udp',
    credential: turnCredential(SECRET, 'probe', Date.now() / 1000 + 60),
    peer: { address: HOST_V4, port: 7882 },
    echo: true,
    timeoutMs: 1_000,
    strangers: [],
    ...changes,
  };
  const { stdout, stderr } = await machine.inHost(process.execPath, [PROGRAM, JSON.stringify(question)]);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

for (const transport of ['udp', 'tcp'] as const) {
  test(`data goes through the real coturn and comes back, over ${transport}`, async (t) => {
    const { verdict } = await ask({ transport });
    t.true(verdict.ok, verdict.detail);
    t.regex(verdict.detail, /data reached 198\.51\.100\.1 port 7882 and came back/);
  });
}

test('its allocations are given back: more questions than a user may have allocations, one after the other', async (t) => {
  const credential = turnCredential(SECRET, 'one-user', Date.now() / 1000 + 60);
  const server = { address: HOST_V4, port: 3478 };
  for (let round = 0; round < 14; round += 1) {
    const { verdict } = await ask({ credential, server, echo: false });
    t.true(verdict.ok, `${round}: ${verdict.detail}`);
  }
});

test('the relay refuses every peer but this host', async (t) => {
  const { refusals } = await ask({ strangers: STRANGERS });
  for (const stranger of STRANGERS) t.regex(refusals[stranger] ?? '', /createPermission.*403/, stranger);
});

test('a credential of another secret, and one that has expired, are refused', async (t) => {
  for (const credential of [
    turnCredential('b'.repeat(64), 'probe', Date.now() / 1000 + 60),
    turnCredential(SECRET, 'probe', Date.now() / 1000 - 60),
  ]) {
    const { verdict } = await ask({ credential });
    t.false(verdict.ok);
    t.regex(verdict.detail, /401/);
  }
});

test('a peer that answers nobody is not the relay’s fault', async (t) => {
  const { verdict } = await ask({ peer: { address: HOST_V4, port: 7883 } });
  t.true(verdict.ok, verdict.detail);
  t.regex(verdict.detail, /7883 answers nobody/);
});

test('a coturn that answers but whose packets do not get out is found', async (t) => {
  const { inHost } = machine;
  const chain = '{ type filter hook output priority 0 ; }';
  const rule = `udp sport ${RELAY.from}-${RELAY.to} udp dport 7882 drop`;
  await inHost('/usr/sbin/nft', [
    `add table ip test ; add chain ip test out ${chain} ; add rule ip test out ${rule}`,
  ]);
  const { verdict } = await ask();
  await inHost('/usr/sbin/nft', ['delete table ip test']);
  t.false(verdict.ok);
  t.regex(verdict.detail, /no data came back from .* 7882, which answers without the relay/);
});
