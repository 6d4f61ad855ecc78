import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ownerOf } from '../../../agent/conditions/gather/foreign-owner.ts';
import { gatherForeignRules } from '../../../agent/conditions/gather/foreign-rules.ts';
import type { ForeignRule } from '../../../agent/conditions/types.ts';
import type { Flow } from '../../../agent/firewall/flows.ts';
import type { Run } from '../../../agent/system/processes.ts';

const listings = join(import.meta.dirname, '../firewall/listings');
const UFW = readFileSync(join(listings, 'ufw-0.36.2.txt'), 'utf8');
const BARE = '-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n';
const IPV4 = { family: 'ip', subnet: '172.30.5.0/24' } as const;
const flows: readonly Flow[] = [
  { protocol: 'udp', from: 7882, to: 7882, way: 'forward', ...IPV4 },
  { protocol: 'udp', from: 7882, to: 7882, way: 'forward', family: 'ip6', subnet: 'fd00:5::/64' },
  { protocol: 'udp', from: 3478, to: 3478, way: 'input', ...IPV4 },
  { protocol: 'udp', from: 49_152, to: 49_663, way: 'input', ...IPV4 },
];
const NOTHING = '{"nftables": []}';

type Answer = { readonly exitCode: number | null; readonly stdout?: string; readonly stderr?: string };

/** A machine on which a command line ends as given; every other command prints an empty listing. */
const answering =
  (answers: Readonly<Record<string, Answer>>): Run =>
  async (command, args) => {
    const line = [command.split('/').at(-1), ...args].join(' ');
    const empty = { exitCode: 0, stdout: command.endsWith('nft') ? NOTHING : BARE };
    return { stdout: '', stderr: '', durationMs: 1, ...(answers[line] ?? empty) };
  };

async function found(answers: Readonly<Record<string, Answer>>) {
  const fact = await gatherForeignRules({
    run: answering(answers),
    flows,
    netDirectory: '/nonexistent',
  });
  if (!fact.known) throw new Error(fact.why);
  return fact.value;
}

const iptables = (text: string) => ({ 'iptables -w 5 -S': { exitCode: 0, stdout: text } });
const summary = ({ owner, place, flows: concerned }: ForeignRule) => [owner, place, ...concerned];

/** One table whose chain `guard` drops by a rule with the handle 7. */
const CHAIN =
  '{"chain":{"family":"inet","table":"site","name":"guard","hook":"input","prio":0,"policy":"accept"}}';
const RULE =
  '{"rule":{"family":"inet","table":"site","chain":"guard","handle":7,"expr":[{"match":{"op":"==","left":{"payload":{"protocol":"udp","field":"dport"}},"right":3478}},{"drop":null}]}}';
const SITE = {
  'nft -j list chains': { exitCode: 0, stdout: `{"nftables":[${CHAIN}]}` },
  'nft -j -t list table inet site': { exitCode: 0, stdout: `{"nftables":[${CHAIN},${RULE}]}` },
  'nft -a list chain inet site guard': {
    exitCode: 0,
    stdout: '\t\tudp dport 3478 drop # handle 7\n\t\taccept # handle 17\n',
  },
};

test('without rules of others there is nothing to tell', async (t) => {
  t.deepEqual(await found({}), { drops: [], mayDrop: [], unread: [] });
});

test('a rule of nftables is named in nft’s own words, with its handle', async (t) => {
  t.deepEqual((await found(SITE)).drops, [
    {
      owner: 'site',
      place: 'table inet site, chain guard',
      rule: 'udp dport 3478 drop, handle 7',
      flows: ['3478/udp'],
    },
  ]);
});

test('ufw as it is after `ufw enable` drops the relay by its policy; the blocked forward path has its own name', async (t) => {
  const { drops, mayDrop } = await found(iptables(UFW));
  t.deepEqual(drops.map(summary), [
    ['ufw', 'iptables, table filter, chain INPUT', '3478/udp', '49152-49663/udp'],
  ]);
  t.deepEqual(mayDrop, []);
});

test('what `ufw allow` writes lets the relay through', async (t) => {
  const allowed = ['-p udp -m udp --dport 3478', '-p udp -m multiport --dports 49152:49663'].map(
    (matches) => `-A ufw-user-input ${matches} -j ACCEPT\n`,
  );
  t.deepEqual((await found(iptables(UFW + allowed.join('')))).drops, []);
});

test('a rule of iptables for one published port is named, also where the forward path is open', async (t) => {
  const rule = '-A FORWARD -p udp -m udp --dport 7882 -j REJECT --reject-with icmp-port-unreachable';
  t.deepEqual((await found(iptables(`${BARE}${rule}\n`))).drops, [
    { owner: 'site', place: 'iptables, table filter, chain FORWARD', rule, flows: ['7882/udp'] },
  ]);
});

test('a rule about IPv6 alone is named as such, one about both families once', async (t) => {
  const chain = (family: string) => ({
    chain: { family, table: 'house', name: 'guard', hook: 'forward', prio: 0, policy: 'drop' },
  });
  for (const [family, names] of [
    ['inet', ['7882/udp']],
    ['ip6', ['7882/udp over IPv6']],
    ['ip', ['7882/udp']],
  ] as const) {
    const stdout = JSON.stringify({ nftables: [chain(family)] });
    const { drops } = await found({
      'nft -j list chains': { exitCode: 0, stdout },
      [`nft -j -t list table ${family} house`]: { exitCode: 0, stdout },
    });
    t.deepEqual(drops.map(summary), [['site', `table ${family} house, chain guard`, ...names]]);
  }
});

test('ip6tables is followed as iptables is; where Docker has its chain, a blocked path has its own name', async (t) => {
  const netDirectory = await mkdtemp(join(tmpdir(), 'aa-net-'));
  t.teardown(() => rm(netDirectory, { recursive: true }));
  await writeFile(join(netDirectory, 'if_inet6'), '');
  const dropped = async (rules: string) => {
    const run = answering({ 'ip6tables -w 5 -S': { exitCode: 0, stdout: rules } });
    const fact = await gatherForeignRules({ run, flows, netDirectory });
    return fact.known ? fact.value.drops.map(summary) : fact.why;
  };
  const policy = '-P INPUT ACCEPT\n-P FORWARD DROP\n';
  t.deepEqual(await dropped(policy), [
    ['site', 'ip6tables, table filter, chain FORWARD', '7882/udp over IPv6'],
  ]);
  t.deepEqual(await dropped(`${policy}-A FORWARD -d fd00:5::/64 -p udp -j ACCEPT\n`), []);
  t.deepEqual(await dropped(`${policy}-A FORWARD -d fd00:6::/64 -j ACCEPT\n`), await dropped(policy));
  t.deepEqual(await dropped(`${policy}-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n`), []);
});

test('a rule about some senders only may drop', async (t) => {
  const rule = '-A INPUT -s 203.0.113.0/24 -j DROP';
  const { drops, mayDrop } = await found(iptables(`${BARE}${rule}\n`));
  t.deepEqual(drops, []);
  t.deepEqual(
    mayDrop.map(({ rule: text }) => text),
    [rule],
  );
});

test('a table on which nft crashes costs no more than that table', async (t) => {
  const { drops, unread } = await found({
    ...SITE,
    ...iptables(`${BARE}-A INPUT -p udp -j DROP\n`),
    'nft -j -t list table inet site': { exitCode: null },
  });
  t.deepEqual(unread, ['table inet site: nft -j -t list table inet site was ended by a signal: ']);
  t.is(drops.length, 1);
});

test('an iptables whose tables somebody else made unreadable leaves the rest to be seen', async (t) => {
  const stderr = "table `filter' is incompatible, use 'nft' tool.";
  const { drops, unread } = await found({ ...SITE, 'iptables -w 5 -S': { exitCode: 1, stderr } });
  t.is(drops.length, 1);
  t.deepEqual(unread, [`the filter table of iptables: iptables -S exited 1: ${stderr}`]);
});

test('without root nothing is known, and nothing is before it is known what is published', async (t) => {
  const denied = { exitCode: 1, stderr: 'Operation not permitted (you must be root)' };
  const run = answering({ 'nft -j list chains': denied });
  t.deepEqual(await gatherForeignRules({ run, flows }), { known: false, why: 'needs root' });
  t.false((await gatherForeignRules({ run, flows: [] })).known);
});

test('each program is known by the names that it gives', (t) => {
  const owner = (place: string) => {
    const [family = '', table = '', chain = ''] = place.split(' ');
    return ownerOf({ family, table, chain });
  };
  t.is(owner('inet firewalld filter_IN_public'), 'firewalld');
  t.is(owner('ip filter ufw-user-input'), 'ufw');
  t.is(owner('ip docker-bridges filter-FORWARD'), 'docker');
  t.is(owner('inet filter forward'), 'nftables.service');
  t.is(owner('ip filter INPUT'), 'site');
  t.is(owner('inet house guard'), 'site');
});
