import type { ChainSpec, RuleSpec } from '../nftables/objects.ts';
import * as nft from '../nftables/statements.ts';
import type { Relay } from '../stack/types.ts';
import {
  destination,
  IPV4,
  IPV6,
  inBoth,
  network,
  running,
  source,
  toBackend,
  toThisHost,
  translated,
} from './families.ts';
import { type FirewallInput, subnetsOf } from './input.ts';

/** Counters of what the relay's rules drop. */
export const RELAY_COUNTERS = ['relay-refused', 'turn-source-dropped', 'turn-overall-dropped'] as const;

/**
 * New flows to the relay a second. A participant begins about four; forty may join from behind one address at once
 * (the burst), and then five more each second.
 */
const EACH_SOURCE = { rate: 20, burst: 160 };
/** Above coturn's total-quota in one burst: it bounds what many, or forged, sources can make it work. */
const OVERALL = { rate: 200, burst: 800 };

/**
 * Sources that are remembered. An idle one has its whole burst back after burst / rate = 8 s, and may be forgotten.
 * The size bounds memory, and what has to be listed; for more sources than that the limit over all holds.
 */
export const turnSources = inBoth(({ suffix, type }) => [
  {
    name: `turn-sources${suffix}`,
    type: [type],
    elements: [],
    dynamic: { timeoutSeconds: 10, size: 4096 },
  },
]);

/** An IPv6 client can take any address of its /64: they count as one source. */
const sourceOf = [
  { suffix: '4', key: source(IPV4) },
  { suffix: '6', key: { '&': [source(IPV6), 'ffff:ffff:ffff:ffff::'] } },
] as const;

/** The chains that bound what comes to a relay, and where it may go. */
export function relayChains(input: FirewallInput): ChainSpec[] {
  return [
    {
      name: 'turn-limits',
      rules: [
        ...sourceOf.map(({ suffix, key }) => ({
          id: `each-source${suffix}`,
          statements: [
            nft.beyondEach(key, `@turn-sources${suffix}`, EACH_SOURCE.rate, EACH_SOURCE.burst),
            nft.count('turn-source-dropped'),
            nft.drop,
          ],
        })),
        {
          id: 'overall',
          statements: [nft.beyond(OVERALL.rate, OVERALL.burst), nft.count('turn-overall-dropped'), nft.drop],
        },
      ],
    },
    { name: 'relay-limits', rules: relayLimits(input) },
  ];
}

/** New flows to a relay's listening port; this host's own probes must get through a flood. */
export function limitNewFlows(relays: readonly Relay[]): RuleSpec[] {
  return relays.map(({ port }) => ({
    id: `limit-new-flows-${port}`,
    statements: [
      nft.equal(nft.l4proto, { set: ['tcp', 'udp'] }),
      nft.equal(nft.dport, port),
      nft.contains(nft.ctState, 'new'),
      nft.unequal(nft.iifname, 'lo'),
      nft.jump('turn-limits'),
    ],
  }));
}

/** What a relay sends is known by the user that it runs as, which nothing else on this machine does. */
export function confineRelays(relays: readonly Relay[]): RuleSpec[] {
  return relays.map(({ uid }) => ({
    id: `confine-user-${uid}`,
    statements: [nft.equal(nft.skuid, uid), nft.jump('relay-limits')],
  }));
}

/**
 * Whoever has a credential decides where the relay sends. On this host that may be the SFU, as it is published, and
 * nothing else: no service on loopback or on an address of the host, no container.
 */
function relayLimits(input: FirewallInput): RuleSpec[] {
  const refuse = [nft.count('relay-refused'), nft.drop];
  return [
    { id: 'leave-running', statements: [running, nft.returnVerdict] },
    ...inBoth((family) => [
      {
        id: `leave-published${family.suffix}`,
        statements: [translated, toBackend(family), nft.returnVerdict],
      },
    ]),
    { id: 'refuse-this-host', statements: [toThisHost, ...refuse] },
    ...inBoth((family) =>
      [input.network, ...input.locked].flatMap((containers) =>
        subnetsOf(family, containers).map((subnet) => ({
          id: `refuse-${containers.name}${family.suffix}`,
          statements: [nft.equal(destination(family), network(subnet)), ...refuse],
        })),
      ),
    ),
  ];
}
