import { tmpdir } from 'node:os';
import test from 'ava';
import { closedTable } from '../../../agent/firewall/base-rules.ts';
import { desiredTable } from '../../../agent/firewall/desired-table.ts';
import type { FirewallInput } from '../../../agent/firewall/input.ts';
import {
  checkSpec,
  createNft,
  creation,
  NFT_PROGRAM,
  type TableSpec,
} from '../../../agent/nftables/index.ts';
import { run } from '../../../agent/system/processes.ts';
import { needs, testWhen } from '../../support/needs.ts';
import { input } from './input.ts';

/** Elements of the sets and maps whose names begin so, as text. */
const elementsOf = (from: FirewallInput, prefix: string) => {
  const { sets, maps } = desiredTable(from);
  return [...sets, ...maps]
    .filter(({ name }) => name.startsWith(prefix))
    .flatMap(({ name, elements }) => elements.map((element) => `${name} ${JSON.stringify(element)}`));
};
const withoutIpv6: FirewallInput = { ...input, network: { ...input.network, subnet6: null } };
const idsOf = (from: FirewallInput, chain: string) =>
  desiredTable(from)
    .chains.find(({ name }) => name === chain)
    ?.rules.map(({ id }) => id) ?? [];

test('the table is one that nft takes', (t) => {
  t.notThrows(() => checkSpec(desiredTable(input)));
  t.notThrows(() => checkSpec(desiredTable({ ...withoutIpv6, publicAddresses: [], relays: [] })));
});

test('each port leads to the address that its service has in each family', (t) => {
  t.deepEqual(elementsOf(input, 'dnat'), [
    'dnat4 {"key":["udp",7882],"value":"172.30.5.2"}',
    'dnat4 {"key":["tcp",7881],"value":"172.30.5.2"}',
    'dnat6 {"key":["udp",7882],"value":"fd00:5::2"}',
    'dnat6 {"key":["tcp",7881],"value":"fd00:5::2"}',
  ]);
});

test('without a backend in a family its ports are closed there, and stay published', (t) => {
  const closed = { ...input, backends6: new Map([['livekit', null]]) };
  t.is(elementsOf(closed, 'dnat6').length + elementsOf(closed, 'backends6').length, 0);
  t.is(elementsOf(closed, 'dnat4').length, 2);
  t.is(elementsOf(closed, 'published').length, 2);
});

test('public addresses are known by their family', (t) => {
  t.deepEqual(elementsOf(input, 'public4'), ['public4 ["203.0.113.7"]']);
  t.deepEqual(elementsOf(input, 'public6'), ['public6 ["2001:db8::7"]']);
});

test('without an IPv6 subnet nothing is masqueraded over IPv6', (t) => {
  t.deepEqual(idsOf(input, 'postrouting').slice(4), [
    'container-hairpin4',
    'container-hairpin6',
    'masquerade6',
  ]);
  t.deepEqual(idsOf(withoutIpv6, 'postrouting').slice(4), ['container-hairpin4']);
});

test('new flows to a relay are limited before its port is opened', (t) => {
  t.deepEqual(idsOf(input, 'input').slice(0, 2), ['limit-new-flows-3478', 'accept-udp-3478']);
});

const withLocked: FirewallInput = {
  ...input,
  locked: [
    {
      name: 'token',
      bridge: 'br-appl-token',
      subnet: '172.30.6.0/24',
      subnet6: 'fd00:6::/64',
      locks: 'lk-jwt',
    },
  ],
};

test('what a locked service sends is judged by its interface, before anything else, on both ways', (t) => {
  t.notThrows(() => checkSpec(desiredTable(withLocked)));
  t.is(idsOf(withLocked, 'forward')[0], 'lock-lk-jwt');
  t.deepEqual(idsOf(withLocked, 'input').slice(0, 2), ['neighbours-of-lk-jwt', 'lock-lk-jwt']);
  t.deepEqual(idsOf(withLocked, 'egress-lk-jwt'), ['leave-inside', 'leave-answers', 'refuse-tcp', 'refuse']);
  t.true(desiredTable(withLocked).counters.includes('egress-lk-jwt-refused'));
  t.deepEqual(idsOf(input, 'forward')[0], 'count-in4', 'without one there is no such rule');
});

test('the lock does not wait for containers: the rules of the next boot have it too', (t) => {
  const chains = (table: TableSpec) => table.chains.filter(({ name }) => !name.includes('published'));
  t.deepEqual(chains(closedTable(desiredTable(withLocked))), chains(desiredTable(withLocked)));
});

test('a locked network is closed to direct calls and to the relay, and nothing of it is masqueraded', (t) => {
  t.deepEqual(idsOf(withLocked, 'forward').slice(-2), ['to-rtc', 'to-token']);
  t.deepEqual(
    idsOf(withLocked, 'relay-limits').filter((id) => id.startsWith('refuse-')),
    ['refuse-this-host', 'refuse-rtc4', 'refuse-token4', 'refuse-rtc6', 'refuse-token6'],
  );
  t.deepEqual(idsOf(withLocked, 'postrouting'), idsOf(input, 'postrouting'));
  const rules = desiredTable(withLocked).chains.find(({ name }) => name === 'postrouting')?.rules;
  t.notRegex(JSON.stringify(rules), /172\.30\.6|fd00:6|br-appl-token/);
});

test('a port that is published to some is closed to all others, in both families, before anybody is let through', (t) => {
  const from = ['10.8.0.12', '10.8.0.13'];
  const some = { protocol: 'tcp', port: 6379, service: 'redis', from } as const;
  const table = desiredTable({ ...input, published: [...input.published, some] });
  t.notThrows(() => checkSpec(table));
  const counted = 'not-admitted-dropped';
  t.true(table.counters.includes(counted));
  t.false(desiredTable(input).counters.includes(counted), 'of a port that is not there nothing is told');
  const rules = table.chains.find(({ name }) => name === 'direct')?.rules ?? [];
  t.deepEqual(
    rules.map(({ id }) => id),
    [
      'leave-running',
      'only-from-tcp-6379-4',
      'only-from-tcp-6379-6',
      'leave-published4',
      'leave-published6',
      'drop-direct',
    ],
  );
  const [, v4] = rules;
  t.true(JSON.stringify(v4).includes('{"set":["10.8.0.12","10.8.0.13"]}'));
  t.true(JSON.stringify(v4).endsWith('{"drop":null}]}'), JSON.stringify(v4));
});

testWhen(needs({ root: true, commands: ['nft', 'unshare'] }))(
  'nft itself takes a port that is published to one, and to several',
  async (t) => {
    const command = ['/usr/bin/unshare', '--net', NFT_PROGRAM];
    const nft = createNft({ run, temporaryDirectory: tmpdir(), command });
    for (const from of [['10.8.0.12'], ['10.8.0.12', '10.8.0.13']]) {
      const some = { protocol: 'tcp', port: 6379, service: 'redis', from } as const;
      const table = desiredTable({ ...input, published: [...input.published, some] });
      await t.notThrowsAsync(nft.check(creation(table)));
    }
  },
);
