import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { ApplianceConfig } from '../../config/schema.ts';
import { publicAddressesOf } from '../public-addresses.ts';

/** Addresses that a site or a carrier gives out: RFC 1918, RFC 6598. */
const SITE = new BlockList();
for (const [address, length] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  SITE.addSubnet(address, length);
}

/**
 * The addresses that LiveKit offers to clients, one of each family at most, for it knows only one. Of the addresses
 * of this machine that is the one which was named first, or else the first by which the internet can reach it, or the
 * first that is not in the VPN: media is to go around it. In front of 1:1 NAT it is the public one. An IPv6 address is
 * offered when the configuration names it.
 */
export function mediaAddresses(
  { network, elementCall }: ApplianceConfig,
  addresses: readonly string[],
): readonly string[] {
  const vpn = new BlockList();
  for (const range of elementCall?.vpn.ranges ?? []) {
    const [base = '', length] = range.split('/');
    vpn.addSubnet(base, Number(length), isIPv4(base) ? 'ipv4' : 'ipv6');
  }
  const named = network.addresses === 'auto' ? [] : network.addresses;
  const [host = '127.0.0.1'] = [
    ...named.filter((address) => addresses.includes(address)),
    ...addresses.filter((address) => !vpn.check(address) && !SITE.check(address)),
    ...addresses.filter((address) => !vpn.check(address)),
    ...addresses,
  ];
  const v6 =
    network.subnet6 === 'none' ? undefined : network.publicAddresses.find((address) => isIPv6(address));
  return [publicAddressesOf(network, [host]).get(host) ?? host, ...(v6 === undefined ? [] : [v6])];
}
