import test from 'ava';
import { desiredTable } from '../../../agent/firewall/desired-table.ts';
import type { FirewallInput } from '../../../agent/firewall/input.ts';
import { checkSpec } from '../../../agent/nftables/index.ts';
import { input } from './input.ts';

/** Elements of the sets and maps whose names begin so, as text. */
const elementsOf = (from: FirewallInput, prefix: string) => {
  const { sets, maps } = desiredTable(from);
  return [...sets, ...maps]
    .filter(({ name }) => name.startsWith(prefix))
    .flatMap(({ name, elements }) => elements.map((element) => `${name} ${JSON.stringify(element)}`));
};
const idsOf = (from: FirewallInput, chain: string) =>
  desiredTable(from)
    .chains.find(({ name }) => name === chain)
    ?.rules.map(({ id }) => id) ?? [];

test('the table is one that nft takes', (t) => {
  t.notThrows(() => checkSpec(desiredTable(input)));
  t.notThrows(() => checkSpec(desiredTable({ ...input, subnet6: null, publicAddresses: [], relays: [] })));
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
  t.deepEqual(idsOf(input, 'postrouting').slice(2), [
    'container-hairpin4',
    'container-hairpin6',
    'masquerade6',
  ]);
  t.deepEqual(idsOf({ ...input, subnet6: null }, 'postrouting').slice(2), ['container-hairpin4']);
});

test('new flows to a relay are limited before its port is opened', (t) => {
  t.deepEqual(idsOf(input, 'input').slice(0, 2), ['limit-new-flows-3478', 'accept-udp-3478']);
});
