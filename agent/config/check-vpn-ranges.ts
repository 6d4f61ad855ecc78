import { BlockList, isIPv4 } from 'node:net';
import { parseIpv6 } from '../nftables/addresses.ts';
import { parseNetwork } from './check-subnet.ts';
import { canonicalIpv6 } from './check-subnet6.ts';
import { type Checked, checkEach, describeValue, invalid, shorten, valid } from './checked.ts';
import { formatIpv4 } from './ipv4.ts';

const EXAMPLE = 'use a network with its prefix, e.g. 10.8.0.0/24 or fd00:8::/64';

/** A list of distinct networks of either family, without host bits. An empty one is refused: nobody could log in. */
export function checkVpnRanges(value: unknown): Checked<readonly string[]> {
  if (!Array.isArray(value))
    return invalid(`${describeValue(value)} is not a list`, 'write a list, e.g. [10.8.0.0/24]');
  if (value.length === 0)
    return invalid('the list is empty', 'write the networks of your VPN, e.g. [10.8.0.0/24]');
  return checkEach(value, checkRange);
}

/** The first of `ranges` that has addresses in common with a subnet, null when none has. */
export function rangeOverlapping(ranges: readonly string[], subnet: string): string | null {
  return ranges.find((range) => holds(range, subnet) || holds(subnet, range)) ?? null;
}

function checkRange(item: unknown, earlier: readonly string[]): Checked<string> {
  if (typeof item !== 'string') return invalid(`${describeValue(item)} is not a network`, EXAMPLE);
  const written = item.includes(':') ? canonicalRange6(item) : canonicalRange4(item);
  if (written === null) return invalid(`${shorten(item)} is not a network with a prefix`, EXAMPLE);
  if (written.endsWith('/0'))
    return invalid(
      `${item} is every address there is`,
      'the homeserver is for the VPN alone: write its network',
    );
  if (item !== written) return invalid(`${item} is not how that network is written`, `write ${written}`);
  return earlier.includes(item) ? invalid(`${item} is listed twice`, 'list each network once') : valid(item);
}

function canonicalRange4(item: string): string | null {
  const network = parseNetwork(item);
  return network === null ? null : `${formatIpv4(network.base)}/${network.prefix}`;
}

function canonicalRange6(item: string): string | null {
  const [address = '', length = '', ...more] = item.split('/');
  const number = parseIpv6(address);
  const prefix = Number(length);
  if (number === null || !/^\d{1,3}$/.test(length) || prefix > 128 || more.length > 0) return null;
  const hostBits = BigInt(128 - prefix);
  const base = (number >> hostBits) << hostBits;
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((base >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  return `${canonicalIpv6(groups.join(':'))}/${prefix}`;
}

function holds(outer: string, inner: string): boolean {
  const [network = '', prefix] = outer.split('/');
  const [address = ''] = inner.split('/');
  if (isIPv4(network) !== isIPv4(address)) return false;
  const family = isIPv4(network) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(address, family);
}
