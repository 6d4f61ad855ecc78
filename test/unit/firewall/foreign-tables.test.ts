import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Flow } from '../../../agent/firewall/flows.ts';
import { foreignChains, verdictMaps, verdictsOf } from '../../../agent/firewall/foreign-tables.ts';
import type { Json } from '../../../agent/nftables/json.ts';

const IPV4 = { family: 'ip', subnet: '172.30.5.0/24' } as const;
const MEDIA: Flow = { protocol: 'udp', from: 7882, to: 7882, way: 'forward', ...IPV4 };
const MEDIA_TCP: Flow = { protocol: 'tcp', from: 7881, to: 7881, way: 'forward', ...IPV4 };
const TURN: Flow = { protocol: 'udp', from: 3478, to: 3478, way: 'input', ...IPV4 };
const RELAY: Flow = { protocol: 'udp', from: 49_152, to: 49_663, way: 'input', ...IPV4 };

/** What `nft -j list ruleset` printed for a ruleset of others. */
const listing = (name: string): Json =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'listings', `${name}.json`), 'utf8'));

/** `chain/handle` of what drops a flow; with a `?` when it only may. */
function drops(ruleset: Json, flow: Flow): string[] {
  return foreignChains(ruleset, [flow])
    .flatMap((chain) => verdictsOf(chain, ruleset, flow))
    .map(({ chain, handle, certain }) => `${chain}/${handle ?? 'policy'}${certain ? '' : '?'}`);
}

/** One base chain at the forward hook that ends in a drop, after one rule that accepts what the expression matches. */
const guarded = (expression: readonly Json[], hook = 'forward', prio = 0): Json => ({
  nftables: [
    { chain: { family: 'inet', table: 'x', name: 'c', hook, prio, policy: 'drop' } },
    { rule: { family: 'inet', table: 'x', chain: 'c', handle: 1, expr: [...expression, { accept: null }] } },
  ],
});
const match = (left: Json, right: Json, op = '=='): Json => ({ match: { op, left, right } });
const meta = (key: string): Json => ({ meta: { key } });
const field = (protocol: string, name: string): Json => ({ payload: { protocol, field: name } });

for (const version of ['1.0.6', '1.1.3']) {
  test(`what firewalld does by default is found in the listing of nft ${version}: the relay is rejected, translated packets pass`, (t) => {
    const ruleset = listing(`firewalld-${version}`);
    t.deepEqual(drops(ruleset, MEDIA), []);
    t.is(drops(ruleset, TURN).filter((found) => !found.endsWith('?')).length, 1);
    t.regex(drops(ruleset, TURN).join(), /^filter_IN_public\/\d+/);
    t.deepEqual(drops(ruleset, RELAY), drops(ruleset, TURN));
  });

  test(`Docker 29’s own table drops at the end of the bridge’s chain, by nft ${version}, and its raw drop is not about us`, (t) => {
    const ruleset = listing(`docker29-${version}`);
    t.deepEqual(verdictMaps(ruleset), ['filter-forward-in-jumps', 'filter-forward-out-jumps']);
    t.regex(drops(ruleset, MEDIA).join(), /^filter-forward-in__br-appliance\/\d+$/);
    t.deepEqual(drops(ruleset, TURN), []);
  });

  test(`in a table with something of everything, by nft ${version}, our mark is accepted after some senders were dropped`, (t) => {
    const ruleset = listing(`site-${version}`);
    for (const flow of [MEDIA, MEDIA_TCP]) t.regex(drops(ruleset, flow).join(), /^forward\/\d+\?$/);
    // What is not loopback is accepted before the rules that would drop.
    for (const flow of [TURN, RELAY]) t.deepEqual(drops(ruleset, flow), []);
  });
}

test('only base chains of others at our hooks are looked at, and not the filter table of iptables', (t) => {
  const chain = (family: string, table: string, name: string, hook: string | undefined) => ({
    chain: { family, table, name, prio: 0, policy: 'drop', ...(hook === undefined ? {} : { hook }) },
  });
  const ruleset: Json = {
    nftables: [
      chain('inet', 'appliance', 'forward', 'forward'),
      chain('ip', 'filter', 'FORWARD', 'forward'),
      chain('ip6', 'filter', 'FORWARD', 'forward'),
      chain('ip6', 'site', 'forward', 'forward'),
      chain('inet', 'site', 'helper', undefined),
      chain('inet', 'site', 'out', 'output'),
      chain('inet', 'site', 'in', 'input'),
      chain('ip', 'filter', 'forward', 'forward'),
    ].map((object) => object as Json),
  };
  t.deepEqual(
    foreignChains(ruleset, [MEDIA]).map(({ table, chain: name }) => `${table} ${name}`),
    ['site forward', 'filter forward'],
  );
});

for (const [what, expression, holds] of [
  ['our mark', [match({ '&': [meta('mark'), 0x200000] }, 0x200000)], 'yes'],
  ['no mark', [match(meta('mark'), 0)], 'no'],
  ['that it was translated', [match({ ct: { key: 'status' } }, 'dnat', 'in')], 'yes'],
  ['a new connection', [match({ ct: { key: 'state' } }, ['established', 'new'], 'in')], 'yes'],
  ['an old connection', [match({ ct: { key: 'state' } }, { set: ['established', 'related'] })], 'no'],
  ['its port', [match(field('udp', 'dport'), 7882)], 'yes'],
  ['a range with its port', [match(field('th', 'dport'), { range: [7000, 8000] })], 'yes'],
  ['ports from its own on', [match(field('udp', 'dport'), 7882, '>=')], 'yes'],
  ['ports below its own', [match(field('udp', 'dport'), 7882, '<')], 'no'],
  ['another port', [match(field('udp', 'dport'), { set: [53, { range: [1, 9] }] })], 'no'],
  ['not another port', [match(field('udp', 'dport'), 53, '!=')], 'yes'],
  ['not a port of the other protocol', [match(field('tcp', 'dport'), 53, '!=')], 'no'],
  ['its protocol by number', [match(field('ip', 'protocol'), 17)], 'yes'],
  ['IPv4', [match(meta('nfproto'), 'ipv4')], 'yes'],
  ['IPv6', [match(meta('nfproto'), 'ipv6')], 'no'],
  ['an address of IPv6', [match(field('ip6', 'saddr'), '::1', '!=')], 'no'],
  [
    'the containers’ subnet',
    [match(field('ip', 'daddr'), { prefix: { addr: '172.30.0.0', len: 16 } })],
    'yes',
  ],
  ['one container', [match(field('ip', 'daddr'), '172.30.5.2')], 'depends'],
  ['another address', [match(field('ip', 'daddr'), { range: ['192.0.2.1', '192.0.2.9'] })], 'no'],
  ['a sender', [match(field('ip', 'saddr'), '192.0.2.1')], 'depends'],
  ['a set', [match(field('ip', 'saddr'), '@allowed')], 'depends'],
  ['our bridge by a pattern', [match(meta('oifname'), 'br-*')], 'yes'],
  ['another bridge', [match(meta('oifname'), 'docker0')], 'no'],
  ['not from our bridge', [match(meta('iifname'), 'br-appliance', '!=')], 'yes'],
  ['some interface', [match(meta('iifname'), { set: ['eth0', 'eth1'] })], 'depends'],
  ['no more than a rate', [{ limit: { rate: 5, per: 'second' } }], 'depends'],
  ['what iptables alone understands', [{ xt: { type: 'match', name: 'set' } }], 'depends'],
  ['nothing, but counts', [{ counter: { packets: 0, bytes: 0 } }, { log: { prefix: 'x' } }], 'yes'],
] as const) {
  test(`a rule about ${what}: ${holds}`, (t) => {
    const expected = { yes: [], no: ['c/policy'], depends: ['c/policy?'] }[holds];
    t.deepEqual(drops(guarded(expression as readonly Json[]), MEDIA), expected);
  });
}

for (const [what, expression, holds] of [
  ['IPv6', [match(meta('nfproto'), 'ipv6')], 'yes'],
  ['IPv4', [match(meta('nfproto'), 'ipv4')], 'no'],
  ['its protocol', [match(field('ip6', 'nexthdr'), 'udp')], 'yes'],
  ['an address of IPv4', [match(field('ip', 'daddr'), '192.0.2.1', '!=')], 'no'],
  [
    'the containers’ subnet',
    [match(field('ip6', 'daddr'), { prefix: { addr: 'fd00:5::', len: 32 } })],
    'yes',
  ],
  ['one container', [match(field('ip6', 'daddr'), 'fd00:5::2')], 'depends'],
  ['another address', [match(field('ip6', 'daddr'), { range: ['2001:db8::1', '2001:db8::9'] })], 'no'],
] as const) {
  test(`of a flow over IPv6, a rule about ${what}: ${holds}`, (t) => {
    const flow: Flow = { ...MEDIA, family: 'ip6', subnet: 'fd00:5::/64' };
    const expected = { yes: [], no: ['c/policy'], depends: ['c/policy?'] }[holds];
    t.deepEqual(drops(guarded(expression as readonly Json[]), flow), expected);
  });
}

test('a port range is inside, outside, or in part', (t) => {
  const about = (from: number, to: number) =>
    drops(guarded([match(field('udp', 'dport'), { range: [from, to] })], 'input'), RELAY);
  t.deepEqual(about(49_152, 65_535), []);
  t.deepEqual(about(1, 1024), ['c/policy']);
  t.deepEqual(about(49_152, 49_200), ['c/policy?']);
});

test('before the translation the destination is this host, after it a container', (t) => {
  const local = match({ fib: { result: 'type', flags: ['daddr'] } }, 'local');
  t.deepEqual(drops(guarded([local], 'prerouting', -300), MEDIA), []);
  t.deepEqual(drops(guarded([local], 'prerouting', 0), MEDIA), ['c/policy']);
  t.deepEqual(drops(guarded([local], 'prerouting', 0), TURN), []);
  const mark = match(meta('mark'), 0x200000);
  t.deepEqual(drops(guarded([mark], 'forward', -10), MEDIA), ['c/policy?'], 'before our chain or after it');
});
