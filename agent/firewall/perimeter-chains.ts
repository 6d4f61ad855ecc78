import { isIPv6 } from 'node:net';
import type { Management } from '../config/firewall.ts';
import type { ChainSpec, RuleSpec, SetSpec } from '../nftables/objects.ts';
import * as nft from '../nftables/statements.ts';
import { portsOf } from './account-chains.ts';
import type { Account } from './accounts.ts';
import { PERIMETER_DROPPED } from './dropped.ts';
import { IPV4, IPV6, network, running, source } from './families.ts';
import type { FirewallInput } from './input.ts';
import { CONFIRMED_CHAIN, type Perimeter, type PerimeterTrial, trialNames } from './perimeter.ts';

/** Port of multicast DNS, at both ends (RFC 6762 section 5.2). */
export const MDNS = 5353;

/** Echo requests a second that are let in: enough for everybody who looks whether this host is there. */
const ECHO = { rate: 50, burst: 100 };

/** The counters of a perimeter; none without one. */
export function perimeterCounters({ confirmed, trial }: Perimeter): string[] {
  if (confirmed === null && trial === null) return [];
  return [PERIMETER_DROPPED, ...(trial === null ? [] : [trialNames(trial.id).admitted])];
}

/** The clock of a trial: the kernel takes its elements out, and then the trial's rules are passed by. */
export function perimeterSets({ trial }: Perimeter): SetSpec[] {
  if (trial === null) return [];
  return [
    {
      name: trialNames(trial.id).clock,
      type: ['nf_proto'],
      elements: [['ipv4'], ['ipv6']],
      expireSeconds: trial.secondsLeft,
    },
  ];
}

/**
 * The default deny of what comes to this host; no chain without a perimeter. It stands behind the rules of everybody
 * else (filter is 0), so that it drops, and counts, only what would have reached a program.
 */
export function perimeterChains(
  { perimeter: { confirmed, trial }, mdns }: Pick<FirewallInput, 'perimeter' | 'mdns'>,
  open: readonly Account[],
): ChainSpec[] {
  if (confirmed === null && trial === null) return [];
  return [
    ...(trial === null ? [] : [trialChain(trial)]),
    ...(confirmed === null ? [] : [confirmedChain(confirmed)]),
    {
      name: 'perimeter',
      base: { type: 'filter', hook: 'input', priority: 10, policy: 'accept' },
      rules: [
        { id: 'accept-loopback', statements: [nft.equal(nft.iifname, 'lo'), nft.accept] },
        { id: 'accept-running', statements: [running, nft.accept] },
        ...NETWORK_NEEDS,
        ...(mdns ? MULTICAST_DNS : []),
        ...open.map((account) => ({
          id: `accept-${account.protocol}-${account.from}`,
          statements: [...portsOf(account, nft.dport), nft.accept],
        })),
        ...(trial === null ? [] : [whileOnTrial(trial)]),
        ...(confirmed === null ? [] : [{ id: 'confirmed', statements: [nft.jump(CONFIRMED_CHAIN)] }]),
      ],
    },
  ];
}

/**
 * What a network needs of its hosts. Errors that belong to a flow are `related`; neighbour discovery, multicast
 * listeners and packet-too-big are not tracked, and without them IPv6 ends (RFC 4890, section 4.4.1). DHCP answers
 * come to an address that nobody asked from.
 */
const NETWORK_NEEDS: readonly RuleSpec[] = [
  ...[
    { id: 'accept-echo4', type: nft.icmpType },
    { id: 'accept-echo6', type: nft.icmpv6Type },
  ].map(({ id, type }) => ({
    id,
    statements: [nft.equal(type, 'echo-request'), nft.within(ECHO.rate, ECHO.burst), nft.accept],
  })),
  {
    id: 'accept-icmp4',
    statements: [
      nft.equal(nft.icmpType, {
        set: ['destination-unreachable', 'time-exceeded', 'parameter-problem'],
      }),
      nft.accept,
    ],
  },
  {
    id: 'accept-icmp6',
    statements: [
      nft.equal(nft.icmpv6Type, {
        set: [
          'destination-unreachable',
          'packet-too-big',
          'time-exceeded',
          'parameter-problem',
          'nd-router-solicit',
          'nd-router-advert',
          'nd-neighbor-solicit',
          'nd-neighbor-advert',
          'mld-listener-query',
          'mld-listener-report',
          'mld-listener-done',
          'mld2-listener-report',
        ],
      }),
      nft.accept,
    ],
  },
  {
    id: 'accept-dhcp4',
    statements: [nft.equal(nft.nfproto, 'ipv4'), ...udpBetween(67, 68), nft.accept],
  },
  {
    id: 'accept-dhcp6',
    statements: [nft.equal(source(IPV6), nft.prefix('fe80::', 10)), ...udpBetween(547, 546), nft.accept],
  },
];

/**
 * To the groups of mDNS, which no router forwards (RFC 6762 section 3; RFC 5771 section 4, RFC 4291 section 2.7): whoever
 * asks is on the same link.
 */
const MULTICAST_DNS: readonly RuleSpec[] = [
  {
    id: 'accept-mdns4',
    statements: [nft.equal(nft.payload('ip', 'daddr'), '224.0.0.251'), ...udpBetween(MDNS, MDNS), nft.accept],
  },
  {
    id: 'accept-mdns6',
    statements: [
      nft.equal(source(IPV6), nft.prefix('fe80::', 10)),
      nft.equal(nft.payload('ip6', 'daddr'), 'ff02::fb'),
      ...udpBetween(MDNS, MDNS),
      nft.accept,
    ],
  },
];

function udpBetween(from: number, to: number): nft.Statement[] {
  return [nft.equal(nft.l4proto, 'udp'), nft.equal(nft.sport, from), nft.equal(nft.dport, to)];
}

const whileOnTrial = ({ id }: PerimeterTrial): RuleSpec => {
  const { clock, chain } = trialNames(id);
  return { id: 'while-on-trial', statements: [nft.contains(nft.nfproto, `@${clock}`), nft.jump(chain)] };
};

const trialChain = ({ id, management }: PerimeterTrial): ChainSpec => {
  const { chain, admitted } = trialNames(id);
  return { name: chain, rules: onlyManagement(management, [nft.count(admitted)]) };
};

const confirmedChain = (management: Management): ChainSpec => ({
  name: CONFIRMED_CHAIN,
  rules: onlyManagement(management, []),
});

function onlyManagement(management: Management, counted: readonly nft.Statement[]): RuleSpec[] {
  const { networks, ports } = management;
  const toPorts = nft.equal(nft.concat(nft.l4proto, nft.dport), {
    set: ports.map(({ protocol, port }) => nft.concat(protocol, port)),
  });
  const from =
    networks === 'any' ? [[]] : networks.map((one) => [nft.equal(source(familyOf(one)), network(one))]);
  return [
    ...from.map((sources, index) => ({
      id: `accept-management-${index}`,
      statements: [...sources, toPorts, nft.contains(nft.ctState, 'new'), ...counted, nft.accept],
    })),
    { id: 'drop-the-rest', statements: [nft.count(PERIMETER_DROPPED), nft.drop] },
  ];
}

const familyOf = (network: string) => (isIPv6(network.split('/')[0] ?? '') ? IPV6 : IPV4);
