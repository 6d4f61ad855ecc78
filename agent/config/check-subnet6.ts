import { isIPv6 } from 'node:net';
import { parseIpv6 } from '../nftables/addresses.ts';
import { type Checked, describeValue, invalid, shorten, valid } from './checked.ts';

const EXAMPLE = 'use a private /64 such as fd4a:9c1e:7d30:5::/64, or none';

/** `none`, or a unique local IPv6 network (RFC 4193) of /64, written without host bits. */
export function checkSubnet6(value: unknown): Checked<string> {
  if (value === 'none') return valid(value);
  if (typeof value !== 'string') return invalid(`${describeValue(value)} is not a network`, EXAMPLE);
  const [address = '', length, ...more] = value.split('/');
  const number = parseIpv6(address);
  if (number === null || more.length > 0) return invalid(`${shorten(value)} is not an IPv6 network`, EXAMPLE);
  if (length === undefined) return invalid(`${value} has no prefix`, EXAMPLE);
  if (number >> 121n !== 0xfcn >> 1n) return invalid(`${shorten(value)} is not private`, EXAMPLE);
  if (length !== '64') return invalid(`/${shorten(length)} is not a possible size`, EXAMPLE);
  if ((number & 0xffff_ffff_ffff_ffffn) !== 0n) return invalid(`${value} has host bits set`, EXAMPLE);
  const written = `${canonicalIpv6(address)}/64`;
  return value === written
    ? valid(value)
    : invalid(`${value} is not in its shortest form`, `write ${written}`);
}

/** An IPv6 address in its one canonical form (RFC 5952), which programs print; the text must be an address. */
export function canonicalIpv6(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
