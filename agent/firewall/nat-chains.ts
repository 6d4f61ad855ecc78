import type { ChainSpec, RuleSpec } from '../nftables/objects.ts';
import * as nft from '../nftables/statements.ts';
import { portsOf } from './account-chains.ts';
import { leaveLocked } from './egress-chains.ts';
import {
  destination,
  type Family,
  fromBackend,
  IPV4,
  IPV6,
  inBoth,
  network,
  source,
  toBackend,
  toLoopback,
  toThisHost,
  translated,
} from './families.ts';
import { type FirewallInput, subnetsOf } from './input.ts';

/** The chains that translate addresses. Ports are never changed. */
export function natChains(input: FirewallInput): ChainSpec[] {
  return [
    {
      name: 'prerouting',
      base: { type: 'nat', hook: 'prerouting', priority: -110, policy: 'accept' },
      rules: [...leaveLocked(input), ...publish(''), ...relaysByPublicAddress(input)],
    },
    {
      // The hairpin: coturn on this host reaches the SFU by the address that clients use.
      name: 'output',
      base: { type: 'nat', hook: 'output', priority: -110, policy: 'accept' },
      rules: [...leaveLoopback, ...publish('-to-host')],
    },
    {
      // The SFU may send to a relay port before the relay sends to it. Without its published address as the
      // source, coturn would drop the packet, and the flow back would be given another source port.
      name: 'nat-input',
      base: { type: 'nat', hook: 'input', priority: 95, policy: 'accept' },
      rules: [
        { id: 'count-open-flows', statements: [nft.jump('open-flows')] },
        ...inBoth((family) => [
          {
            id: `sfu-first${family.suffix}`,
            statements: [fromBackend(family), toThisHost, nft.snat(family.protocol, destination(family))],
          },
        ]),
      ],
    },
    {
      name: 'postrouting',
      base: { type: 'nat', hook: 'postrouting', priority: 95, policy: 'accept' },
      rules: [...countFlows, ...containerHairpin(input), ...containerEgress(input), ...masquerade6(input)],
    },
  ];
}

/** A packet that stays on loopback is nobody's client. */
export const leaveLoopback: readonly RuleSpec[] = inBoth((family) => [
  { id: `leave-loopback${family.suffix}`, statements: [toLoopback(family), nft.returnVerdict] },
]);

/** To an address of this host, or to one that a router in front of it translates: on to the container. */
function publish(to: '' | '-to-host'): RuleSpec[] {
  return inBoth((family) => {
    const toPublicAddress = nft.contains(destination(family), `@public${family.suffix}`);
    return [
      { id: `publish${family.suffix}${to}`, statements: [toThisHost, toItsBackend(family)] },
      { id: `publish${family.suffix}-public${to}`, statements: [toPublicAddress, toItsBackend(family)] },
    ];
  });
}

const toItsBackend = ({ protocol, suffix }: Family) =>
  nft.dnat(protocol, { map: { key: nft.concat(nft.l4proto, nft.dport), data: `@dnat${suffix}` } });

/** Clients name their relay by its public address; what the SFU sends there first must not leave this host. */
function relaysByPublicAddress({ open, network: { subnet } }: FirewallInput): RuleSpec[] {
  return open.map((ports) => ({
    id: `relay-by-public-address-${ports.protocol}-${ports.from}`,
    statements: [
      nft.equal(source(IPV4), network(subnet)),
      ...portsOf(ports, nft.dport),
      nft.dnat('ip', { map: { key: destination(IPV4), data: '@host-behind4' } }),
    ],
  }));
}

/** A nat chain sees the first packet of a flow only: towards a backend, or from one that sends first. */
const countFlows: readonly RuleSpec[] = inBoth((family) => [
  {
    id: `count-flows-first${family.suffix}`,
    statements: [fromBackend(family), nft.jump('published-flows-first')],
  },
  {
    id: `count-flows${family.suffix}`,
    statements: [
      translated,
      toBackend(family),
      nft.unequal({ fib: { result: 'type', flags: ['saddr'] } }, 'local'),
      nft.jump('published-flows'),
    ],
  },
]);

/** A container that calls a published address must get its answers from that address. */
function containerHairpin({ network: published }: FirewallInput): RuleSpec[] {
  return inBoth((family) =>
    subnetsOf(family, published).map((subnet) => ({
      id: `container-hairpin${family.suffix}`,
      statements: [
        translated,
        nft.equal(source(family), network(subnet)),
        nft.equal(nft.oifname, published.bridge),
        nft.masquerade,
      ],
    })),
  );
}

/** The rule that masquerades what containers send outside, where Docker was told to write no rules. */
export const CONTAINER_EGRESS = 'container-egress';

function containerEgress({ network: { subnet, bridge }, masquerade }: FirewallInput): RuleSpec[] {
  if (!masquerade) return [];
  const outside = nft.unequal(nft.oifname, bridge);
  return [
    {
      id: CONTAINER_EGRESS,
      statements: [nft.equal(source(IPV4), network(subnet)), outside, nft.masquerade],
    },
  ];
}

/** Docker masquerades IPv4 by itself unless told otherwise; IPv6 only where its ip6tables is on, which it is not up to Docker 26. */
function masquerade6({ network: published }: FirewallInput): RuleSpec[] {
  return subnetsOf(IPV6, published).map((subnet) => ({
    id: 'masquerade6',
    statements: [
      nft.equal(source(IPV6), network(subnet)),
      nft.unequal(nft.oifname, published.bridge),
      nft.masquerade,
    ],
  }));
}
