import type { ChainSpec, RuleSpec } from '../nftables/objects.ts';
import * as nft from '../nftables/statements.ts';
import type { PublishedPort } from '../stack/types.ts';
import { portsOf } from './account-chains.ts';
import type { Account } from './accounts.ts';
import { NO_BACKEND_DROPPED, NOT_ADMITTED_DROPPED } from './dropped.ts';
import { lockForwarded, lockToHost } from './egress-chains.ts';
import {
  fromBackend,
  fromOpener,
  IPV4,
  inBoth,
  running,
  source,
  toBackend,
  towardsOpener,
  translated,
} from './families.ts';
import type { FirewallInput } from './input.ts';
import { FORWARD_MARK } from './mark.ts';
import { leaveLoopback } from './nat-chains.ts';
import { confineRelays, limitNewFlows } from './relay-chains.ts';

/** Counters of what the filter chains drop. */
export const dropCounters = ({ published }: Pick<FirewallInput, 'published'>): readonly string[] => [
  NO_BACKEND_DROPPED,
  'direct-dropped',
  ...(published.some(({ from }) => from !== undefined) ? [NOT_ADMITTED_DROPPED] : []),
];

/** The chains that count, mark and drop. */
export function filterChains(input: FirewallInput, open: readonly Account[]): ChainSpec[] {
  return [
    {
      name: 'forward',
      base: { type: 'filter', hook: 'forward', priority: -10, policy: 'accept' },
      rules: [...lockForwarded(input), ...countAndMark, ...toContainers(input)],
    },
    directChain(input),
    {
      name: 'input',
      base: { type: 'filter', hook: 'input', priority: -10, policy: 'accept' },
      rules: [...lockToHost(input), ...limitNewFlows(input.relays), ...inputRules(open)],
    },
    {
      name: 'output-filter',
      base: { type: 'filter', hook: 'output', priority: -10, policy: 'accept' },
      rules: [...confineRelays(input.relays), { id: 'count-open-out', statements: [nft.jump('open-out')] }],
    },
  ];
}

const markAsOurs = nft.setMark(nft.metaMark, { '|': [nft.metaMark, FORWARD_MARK] });

const countAndMark: readonly RuleSpec[] = inBoth((family) => {
  const { suffix } = family;
  return [
    { id: `count-in${suffix}`, statements: [translated, toBackend(family), nft.jump('published-in')] },
    { id: `count-out${suffix}`, statements: [translated, fromBackend(family), nft.jump('published-out')] },
    // In ICE both sides send: a flow that the SFU opened from its port to a client is a call as much as the others.
    {
      id: `count-in-first${suffix}`,
      statements: [towardsOpener, toBackend(family), nft.jump('published-in')],
    },
    {
      id: `count-out-first${suffix}`,
      statements: [fromOpener, fromBackend(family), nft.jump('published-out')],
    },
    { id: `mark-in${suffix}`, statements: [translated, toBackend(family), markAsOurs] },
    { id: `mark-out${suffix}`, statements: [translated, fromBackend(family), markAsOurs] },
  ];
});

const toContainers = ({ network, locked }: FirewallInput): RuleSpec[] =>
  [network, ...locked].map(({ name, bridge }) => ({
    id: `to-${name}`,
    statements: [nft.equal(nft.oifname, bridge), nft.unequal(nft.iifname, bridge), nft.jump('direct')],
  }));

/** Whoever has a route to the containers could else call any of their ports, past what is published. */
const directChain = (input: FirewallInput): ChainSpec => ({
  name: 'direct',
  rules: [
    { id: 'leave-running', statements: [running, nft.returnVerdict] },
    ...input.published.flatMap(onlyFrom),
    ...inBoth((family) => [
      {
        id: `leave-published${family.suffix}`,
        statements: [translated, toBackend(family), nft.returnVerdict],
      },
    ]),
    { id: 'drop-direct', statements: [nft.count('direct-dropped'), nft.drop] },
  ],
});

/** A port that is published to some: to all others it is as if it were not. */
function onlyFrom({ protocol, port, from }: PublishedPort): RuleSpec[] {
  if (from === undefined) return [];
  const there = [nft.equal(nft.l4proto, protocol), nft.equal(nft.dport, port)];
  const refuse = [nft.count(NOT_ADMITTED_DROPPED), nft.drop];
  return [
    {
      id: `only-from-${protocol}-${port}-4`,
      statements: [translated, ...there, nft.unequal(source(IPV4), { set: [...from] }), ...refuse],
    },
    {
      id: `only-from-${protocol}-${port}-6`,
      statements: [translated, nft.equal(nft.nfproto, 'ipv6'), ...there, ...refuse],
    },
  ];
}

/** Accepts what host-network services listen on; drops packets to a published port that found no backend. */
function inputRules(open: readonly Account[]): RuleSpec[] {
  return [
    ...open.map((account) => ({
      id: `accept-${account.protocol}-${account.from}`,
      statements: [...portsOf(account, nft.dport), nft.count(account.counters.inbound), nft.accept],
    })),
    ...leaveLoopback,
    {
      // A dropped packet never confirms a conntrack entry: a client that keeps sending from one port is
      // translated as soon as its backend is back, instead of being pinned to this host.
      id: 'drop-without-backend',
      statements: [
        nft.contains(nft.concat(nft.l4proto, nft.dport), '@published'),
        nft.count(NO_BACKEND_DROPPED),
        nft.drop,
      ],
    },
  ];
}
