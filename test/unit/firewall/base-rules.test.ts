import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { closedTable, createBaseRules } from '../../../agent/firewall/base-rules.ts';
import { desiredTable } from '../../../agent/firewall/desired-table.ts';
import type { FirewallInput } from '../../../agent/firewall/input.ts';
import { desire, healthy } from '../reconcile/world.ts';

async function place(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-base-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return join(directory, 'firewall-base.json');
}

test('closed, a table is as it is made while no container runs', async (t) => {
  const { table } = desire(await healthy());
  const { table: whileAway } = desire(await healthy({ livekit: 'absent' }));
  t.notDeepEqual(table, whileAway);
  t.deepEqual(closedTable(table), whileAway);
});

test('the kept document creates the table, and has every published port but no backend', async (t) => {
  const path = await place(t);
  const { table } = desire(await healthy());
  t.is(await createBaseRules(path).keep(table), null);
  const text = await readFile(path, 'utf8');
  t.like(JSON.parse(text), {
    nftables: { 1: { create: { table: { family: 'inet', name: 'appliance' } } } },
  });
  t.regex(text, /"udp",7882/);
  t.notRegex(text, /172\.30\.5\.2/);
  t.is((await stat(path)).mode & 0o777, 0o600);
});

test('a backend that moves changes nothing in the document, and it is not written again', async (t) => {
  const path = await place(t);
  const rules = createBaseRules(path);
  await rules.keep(desire(await healthy()).table);
  const before = await stat(path, { bigint: true });
  await rules.keep(desire(await healthy({ livekit: { ipv4: '172.30.5.9' } })).table);
  t.is((await stat(path, { bigint: true })).ino, before.ino);
  const other: FirewallInput = {
    published: [{ service: 'livekit', protocol: 'udp', port: 9000 }],
    open: [],
    relays: [],
    backends: new Map(),
    backends6: new Map(),
    network: { name: 'rtc', bridge: 'br-appliance', subnet: '172.30.5.0/24', subnet6: null },
    locked: [],
    publicAddresses: [],
    hostBehind: new Map(),
    masquerade: false,
    perimeter: { confirmed: null, trial: null },
    mdns: false,
  };
  await rules.keep(desiredTable(other));
  t.regex(await readFile(path, 'utf8'), /"udp",9000/);
});

test('that it cannot be written is said once, and tried again', async (t) => {
  const directory = await place(t);
  await writeFile(directory, '');
  const path = join(directory, 'firewall-base.json');
  const rules = createBaseRules(path);
  const { table } = desire(await healthy());
  t.regex((await rules.keep(table)) ?? '', /ENOTDIR|EEXIST/);
  t.is(await rules.keep(table), null);
  await rm(directory);
  t.is(await rules.keep(table), null);
  t.regex(await readFile(path, 'utf8'), /create/);
});
