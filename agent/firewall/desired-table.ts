import { isIPv6 } from 'node:net';
import type { MapSpec, SetSpec, TableSpec } from '../nftables/objects.ts';
import { accountChains } from './account-chains.ts';
import { accountOf } from './accounts.ts';
import { egressChains, egressCounter } from './egress-chains.ts';
import { type Family, inBoth } from './families.ts';
import { dropCounters, filterChains } from './filter-chains.ts';
import type { FirewallInput } from './input.ts';
import { natChains } from './nat-chains.ts';
import { perimeterChains, perimeterCounters, perimeterSets } from './perimeter-chains.ts';
import { RELAY_COUNTERS, relayChains, turnSources } from './relay-chains.ts';

/**
 * The table `inet appliance` that publishes these ports. Why each hook and priority is as it is:
 * docs/firewall.md. Without a perimeter this table opens, and does not defend the host.
 */
export function desiredTable(input: FirewallInput): TableSpec {
  const published = input.published.map(accountOf);
  const open = input.open.map(accountOf);
  return {
    family: 'inet',
    name: 'appliance',
    counters: [
      ...[...published, ...open].flatMap((account) => Object.values(account.counters)),
      ...dropCounters(input),
      ...RELAY_COUNTERS,
      ...input.locked.map(egressCounter),
      ...perimeterCounters(input.perimeter),
    ],
    sets: [
      {
        name: 'published',
        type: ['inet_proto', 'inet_service'],
        elements: input.published.map(({ protocol, port }) => [protocol, port]),
      },
      ...inBoth((family) => [backendSet(family, input), publicSet(family, input)]),
      ...turnSources,
      ...perimeterSets(input.perimeter),
    ],
    maps: [
      ...inBoth((family) => [backendMap(family, input)]),
      {
        name: 'host-behind4',
        type: ['ipv4_addr'],
        map: 'ipv4_addr',
        elements: [...input.hostBehind].map(([address, host]) => ({ key: [address], value: host })),
      },
    ],
    chains: [
      ...accountChains(published, open),
      ...relayChains(input),
      ...egressChains(input),
      ...natChains(input),
      ...filterChains(input, open),
      ...perimeterChains(input, open),
    ],
  };
}

function live({ suffix }: Family, { published, backends, backends6 }: FirewallInput) {
  return published.flatMap(({ protocol, port, service }) => {
    const address = (suffix === '4' ? backends : backends6).get(service);
    return address ? [{ protocol, port, address }] : [];
  });
}

function backendSet(family: Family, input: FirewallInput): SetSpec {
  return {
    name: `backends${family.suffix}`,
    type: [family.type, 'inet_proto', 'inet_service'],
    elements: live(family, input).map(({ address, protocol, port }) => [address, protocol, port]),
  };
}

function backendMap(family: Family, input: FirewallInput): MapSpec {
  return {
    name: `dnat${family.suffix}`,
    type: ['inet_proto', 'inet_service'],
    map: family.type,
    elements: live(family, input).map(({ protocol, port, address }) => ({
      key: [protocol, port],
      value: address,
    })),
  };
}

function publicSet({ suffix, type }: Family, { publicAddresses }: FirewallInput): SetSpec {
  return {
    name: `public${suffix}`,
    type: [type],
    elements: publicAddresses
      .filter((address) => isIPv6(address) === (suffix === '6'))
      .map((address) => [address]),
  };
}
