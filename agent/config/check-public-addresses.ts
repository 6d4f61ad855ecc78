import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { canonicalIpv6 } from './check-subnet6.ts';
import { type Checked, checkEach, describeValue, invalid, shorten, valid } from './checked.ts';

const EXAMPLE = 'use an address by which the world reaches this machine, e.g. 203.0.113.10';

/** Addresses that are nobody's on the internet: RFC 6890, RFC 4291, RFC 5771. Private ones are: of a site. */
const UNREACHABLE = new BlockList();
for (const [address, length, family] of [
  ['0.0.0.0', 8, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
] as const) {
  UNREACHABLE.addSubnet(address, length, family);
}

/** A list of distinct addresses of either family, IPv6 ones in their canonical form; it may be empty. */
export function checkPublicAddresses(value: unknown): Checked<readonly string[]> {
  if (!Array.isArray(value)) {
    return invalid(`${describeValue(value)} is not a list`, 'write a list, e.g. [203.0.113.10]');
  }
  return checkEach(value, checkAddress);
}

function checkAddress(item: unknown, earlier: readonly string[]): Checked<string> {
  if (typeof item !== 'string') return invalid(`${describeValue(item)} is not an address`, EXAMPLE);
  const v6 = isIPv6(item) && !item.includes('%');
  if (!v6 && !isIPv4(item)) return invalid(`${shorten(item)} is not an address`, EXAMPLE);
  if (UNREACHABLE.check(item, v6 ? 'ipv6' : 'ipv4')) {
    return invalid(`${item} cannot be reached from elsewhere`, EXAMPLE);
  }
  const address = canonicalIpv6(item);
  return earlier.includes(address)
    ? invalid(`${item} is listed twice`, 'list each address once')
    : valid(address);
}
