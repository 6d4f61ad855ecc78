import { type Checked, checkEach, describeValue, invalid, shorten, valid } from './checked.ts';
import { contains, type Ipv4Network, networkOf, parseIpv4 } from './ipv4.ts';

const EXAMPLE = 'use an IPv4 address of this machine, e.g. 203.0.113.10';

/** Blocks whose addresses no client can reach (RFC 6890, RFC 5771). */
const UNREACHABLE = [
  block('0.0.0.0', 8, 'is not the address of a machine'),
  block('127.0.0.0', 8, 'is a loopback address, which only this machine itself can reach'),
  block('169.254.0.0', 16, 'is a link-local address, which no router forwards'),
  block('224.0.0.0', 4, 'is a multicast address'),
  block('240.0.0.0', 4, 'is a reserved address'),
];

/** `auto`, or a list of distinct IPv4 addresses that clients can reach. */
export function checkAddresses(value: unknown): Checked<'auto' | readonly string[]> {
  if (value === 'auto') return valid(value);
  if (!Array.isArray(value)) {
    const single = typeof value === 'string' && parseIpv4(value) !== null;
    return invalid(
      single
        ? `${value} is not in a list`
        : `${describeValue(value)} is neither auto nor a list of addresses`,
      `write auto, or a list, e.g. [${single ? value : '203.0.113.10'}]`,
    );
  }
  if (value.length === 0) return invalid('the list is empty', 'write auto, or at least one address');
  return checkEach(value, checkAddress);
}

function checkAddress(item: unknown, earlier: readonly string[]): Checked<string> {
  if (typeof item !== 'string') return invalid(`${describeValue(item)} is not an IPv4 address`, EXAMPLE);
  const [address = '', prefix] = item.split('/');
  if (prefix !== undefined && parseIpv4(address) !== null) return networkGiven(item, address, prefix);
  if (item.includes(':'))
    return invalid(
      `${shorten(item)} is not an IPv4 address`,
      `${EXAMPLE} (IPv6 addresses are not listed here)`,
    );
  const number = parseIpv4(item);
  if (number === null) return invalid(`${shorten(item)} is not an IPv4 address`, EXAMPLE);
  const reason = UNREACHABLE.find(({ network }) => contains(network, number))?.reason;
  if (reason !== undefined) return invalid(`${item} ${reason}`, EXAMPLE);
  if (earlier.includes(item)) return invalid(`${item} is listed twice`, 'list each address once');
  return valid(item);
}

function networkGiven(item: string, address: string, prefix: string): Checked<never> {
  const number = parseIpv4(address) ?? 0;
  const hostBits = /^\d{1,2}$/.test(prefix) && networkOf(number, Number(prefix)).base !== number;
  return hostBits
    ? invalid(`${shorten(item)} is an address with a prefix`, `write the address alone: ${address}`)
    : invalid(`${shorten(item)} is a network, not an address`, EXAMPLE);
}

function block(address: string, prefix: number, reason: string): { network: Ipv4Network; reason: string } {
  return { network: networkOf(parseIpv4(address) ?? 0, prefix), reason };
}
