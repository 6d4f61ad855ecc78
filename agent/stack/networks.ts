import { canonicalIpv6 } from '../config/check-subnet6.ts';
import { formatIpv4, parseIpv4 } from '../config/ipv4.ts';
import type { ApplianceConfig } from '../config/schema.ts';
import { parseIpv6 } from '../nftables/addresses.ts';
import {
  BRIDGE,
  LOCKED_BRIDGE,
  LOCKED_NETWORK,
  type LockedNetwork,
  NETWORK,
  type NetworkDefinition,
  type StackNetworks,
} from './types.ts';

type Addressing = Pick<ApplianceConfig['network'], 'subnet' | 'subnet6'>;

/** One network, which has all addresses that the containers were given. */
export function singleNetwork({ subnet, subnet6 }: Addressing): StackNetworks {
  return [{ name: NETWORK, bridge: BRIDGE, subnet, subnet6: subnet6 === 'none' ? null : subnet6 }];
}

/**
 * Two networks, each with a half of the addresses: the one by which containers reach the world and are reached, and
 * the one of the service that is locked in.
 */
export function networksWithLocked(
  { subnet, subnet6 }: Addressing,
  locks: string,
): readonly [NetworkDefinition, LockedNetwork] {
  const [lower, upper] = halves(subnet);
  const [lower6, upper6] = subnet6 === 'none' ? [null, null] : halves(subnet6);
  return [
    { name: NETWORK, bridge: BRIDGE, subnet: lower, subnet6: lower6 },
    { name: LOCKED_NETWORK, bridge: LOCKED_BRIDGE, subnet: upper, subnet6: upper6, locks },
  ];
}

/** The n-th address of a subnet of either family. The first is the host's own, the gateway. */
export function addressIn(subnet: string, n: number): string {
  const { base, format } = parse(subnet);
  return format(base + BigInt(n));
}

/**
 * The `networks` of a compose file. What a locked network sends is not masqueraded by Docker: should our rules be gone,
 * nothing outside can answer it.
 */
export function composeNetworks([published, ...locked]: StackNetworks, stack: string): object {
  const entry = ({ name, bridge, subnet, subnet6 }: NetworkDefinition, options: object) => [
    name,
    {
      driver: 'bridge',
      driver_opts: { 'com.docker.network.bridge.name': bridge, ...options },
      enable_ipv6: subnet6 !== null,
      ipam: { config: [{ subnet }, ...(subnet6 === null ? [] : [{ subnet: subnet6 }])] },
      labels: { 'org.appliance-agent.stack': stack },
    },
  ];
  const unmasqueraded = { 'com.docker.network.bridge.enable_ip_masquerade': 'false' };
  return Object.fromEntries([
    entry(published, {}),
    ...locked.map((network) => entry(network, unmasqueraded)),
  ]);
}

function halves(subnet: string): readonly [string, string] {
  const { base, length, bits, format } = parse(subnet);
  const upper = base + (1n << BigInt(bits - length - 1));
  return [`${format(base)}/${length + 1}`, `${format(upper)}/${length + 1}`];
}

/** A subnet that the configuration was checked to hold. */
function parse(subnet: string) {
  const [address = '', length] = subnet.split('/');
  const v4 = parseIpv4(address);
  if (v4 !== null) {
    return {
      base: BigInt(v4),
      length: Number(length),
      bits: 32,
      format: (value: bigint) => formatIpv4(Number(value)),
    };
  }
  const v6 = parseIpv6(address);
  if (v6 === null) throw new Error(`${subnet} is not a subnet`);
  return { base: v6, length: Number(length), bits: 128, format: formatIpv6 };
}

function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(16 * (7 - index))) & 0xffffn).toString(16),
  );
  return canonicalIpv6(groups.join(':'));
}
