import type { ChainSpec, RuleSpec, TableSpec } from '../nftables/objects.ts';
import * as nft from '../nftables/statements.ts';
import type { OpenPorts, PublishedPort } from '../stack/types.ts';
import { type Account, accountOf } from './accounts.ts';
import { NO_BACKEND_DROPPED } from './dropped.ts';
import { FORWARD_MARK } from './mark.ts';

/** The rule that masquerades what containers send outside, where Docker does not. */
export const CONTAINER_EGRESS = 'container-egress';

export interface FirewallInput {
  readonly published: readonly PublishedPort[];
  readonly open: readonly OpenPorts[];
  /** Container address of each bridge service, null while it has none: its ports are then closed. */
  readonly backends: ReadonlyMap<string, string | null>;
  readonly bridge: string;
  /** The bridge's subnet, e.g. `172.30.5.0/24`. */
  readonly subnet: string;
  /** Whether containers reach the outside by our masquerade, because Docker was told to write no rules. */
  readonly masquerade: boolean;
}

/**
 * The table `inet appliance` that publishes these ports. Why each hook and priority is as it is:
 * docs/firewall.md. Filter policies stay accept: this table opens, it does not defend the host.
 */
export function desiredTable(input: FirewallInput): TableSpec {
  const published = input.published.map(accountOf);
  const open = input.open.map(accountOf);
  const live = input.published.flatMap((port) => {
    const address = input.backends.get(port.service);
    return address ? [{ ...port, address }] : [];
  });
  return {
    family: 'inet',
    name: 'appliance',
    counters: [
      ...[...published, ...open].flatMap((account) => Object.values(account.counters)),
      NO_BACKEND_DROPPED,
    ],
    sets: [
      {
        name: 'published',
        type: ['inet_proto', 'inet_service'],
        elements: input.published.map(({ protocol, port }) => [protocol, port]),
      },
      {
        name: 'backends4',
        type: ['ipv4_addr', 'inet_proto', 'inet_service'],
        elements: live.map(({ address, protocol, port }) => [address, protocol, port]),
      },
    ],
    maps: [
      {
        name: 'dnat4',
        type: ['inet_proto', 'inet_service'],
        map: 'ipv4_addr',
        elements: live.map(({ protocol, port, address }) => ({ key: [protocol, port], value: address })),
      },
    ],
    chains: [
      ...accountChains(published, open),
      ...natChains(input),
      forwardChain,
      inputChain(open),
      outputAccountChain,
    ],
  };
}

const toBackend = nft.contains(nft.concat(nft.payload('ip', 'daddr'), nft.l4proto, nft.dport), '@backends4');
const fromBackend = nft.contains(
  nft.concat(nft.payload('ip', 'saddr'), nft.l4proto, nft.sport),
  '@backends4',
);
const translated = nft.contains(nft.ctStatus, 'dnat');
const toThisHost = nft.equal(nft.daddrType, 'local');
const toLoopback = nft.equal(nft.payload('ip', 'daddr'), nft.prefix('127.0.0.0', 8));
const toItsBackend = nft.dnat('ip', { map: { key: nft.concat(nft.l4proto, nft.dport), data: '@dnat4' } });
const markAsOurs = nft.setMark(nft.metaMark, { '|': [nft.metaMark, FORWARD_MARK] });

function natChains({ bridge, subnet, masquerade }: FirewallInput): ChainSpec[] {
  const [network = '', length = ''] = subnet.split('/');
  return [
    {
      name: 'prerouting',
      base: { type: 'nat', hook: 'prerouting', priority: -110, policy: 'accept' },
      rules: [{ id: 'publish', statements: [toThisHost, toItsBackend] }],
    },
    {
      // The hairpin: coturn on this host reaches the SFU by the address that clients use.
      name: 'output',
      base: { type: 'nat', hook: 'output', priority: -110, policy: 'accept' },
      rules: [
        { id: 'leave-loopback', statements: [toLoopback, nft.returnVerdict] },
        { id: 'publish-to-host', statements: [toThisHost, toItsBackend] },
      ],
    },
    {
      // The SFU may send to a relay port before the relay sends to it. Without its published address as the
      // source, coturn would drop the packet, and the flow back would be given another source port.
      name: 'nat-input',
      base: { type: 'nat', hook: 'input', priority: 95, policy: 'accept' },
      rules: [
        { id: 'count-open-flows', statements: [nft.jump('open-flows')] },
        {
          id: 'sfu-first',
          statements: [fromBackend, toThisHost, nft.snat('ip', nft.payload('ip', 'daddr'))],
        },
      ],
    },
    {
      name: 'postrouting',
      base: { type: 'nat', hook: 'postrouting', priority: 95, policy: 'accept' },
      rules: [
        {
          // A nat chain sees the first packet of a flow only, and here only one that has a backend.
          id: 'count-flows',
          statements: [
            translated,
            toBackend,
            nft.unequal({ fib: { result: 'type', flags: ['saddr'] } }, 'local'),
            nft.jump('published-flows'),
          ],
        },
        {
          // A container that calls a published address must get its answers from that address.
          id: 'container-hairpin',
          statements: [
            translated,
            nft.equal(nft.payload('ip', 'saddr'), nft.prefix(network, Number(length))),
            nft.equal(nft.oifname, bridge),
            nft.masquerade,
          ],
        },
        ...(masquerade
          ? [
              {
                id: CONTAINER_EGRESS,
                statements: [
                  nft.equal(nft.payload('ip', 'saddr'), nft.prefix(network, Number(length))),
                  nft.unequal(nft.oifname, bridge),
                  nft.masquerade,
                ],
              },
            ]
          : []),
      ],
    },
  ];
}

const forwardChain: ChainSpec = {
  name: 'forward',
  base: { type: 'filter', hook: 'forward', priority: -10, policy: 'accept' },
  rules: [
    { id: 'count-in', statements: [translated, toBackend, nft.jump('published-in')] },
    { id: 'count-out', statements: [translated, fromBackend, nft.jump('published-out')] },
    { id: 'mark-in', statements: [translated, toBackend, markAsOurs] },
    { id: 'mark-out', statements: [translated, fromBackend, markAsOurs] },
  ],
};

/** Accepts what host-network services listen on; drops packets to a published port that found no backend. */
function inputChain(open: readonly Account[]): ChainSpec {
  return {
    name: 'input',
    base: { type: 'filter', hook: 'input', priority: -10, policy: 'accept' },
    rules: [
      ...open.map((account) => ({
        id: `accept-${account.protocol}-${account.from}`,
        statements: [...portsOf(account, nft.dport), nft.count(account.counters.inbound), nft.accept],
      })),
      { id: 'leave-loopback', statements: [toLoopback, nft.returnVerdict] },
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
    ],
  };
}

const outputAccountChain: ChainSpec = {
  name: 'output-accounts',
  base: { type: 'filter', hook: 'output', priority: -10, policy: 'accept' },
  rules: [{ id: 'count-open-out', statements: [nft.jump('open-out')] }],
};

function accountChains(published: readonly Account[], open: readonly Account[]): ChainSpec[] {
  return [
    accountChain('published-flows', published, nft.dport, 'flows'),
    accountChain('published-in', published, nft.dport, 'inbound'),
    accountChain('published-out', published, nft.sport, 'outbound'),
    accountChain('open-flows', open, nft.dport, 'flows'),
    accountChain('open-out', open, nft.sport, 'outbound'),
  ];
}

function accountChain(
  name: string,
  accounts: readonly Account[],
  port: nft.Expression,
  counter: keyof Account['counters'],
): ChainSpec {
  return {
    name,
    rules: accounts.map(
      (account): RuleSpec => ({
        id: `count-${account.protocol}-${account.from}`,
        statements: [...portsOf(account, port), nft.count(account.counters[counter])],
      }),
    ),
  };
}

const portsOf = (account: Account, port: nft.Expression) => [
  nft.equal(nft.l4proto, account.protocol),
  nft.equal(port, account.from === account.to ? account.from : { range: [account.from, account.to] }),
];
