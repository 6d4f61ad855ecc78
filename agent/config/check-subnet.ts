import { type Checked, describeValue, invalid, shorten, valid } from './checked.ts';
import { contains, formatIpv4, type Ipv4Network, networkOf, parseIpv4 } from './ipv4.ts';

const EXAMPLE = 'use a private network with its prefix, e.g. 172.30.5.0/24';

/** RFC 1918. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((text) => parseNetwork(text));

/** The network and prefix of a text such as `172.30.5.0/24`, host bits cleared; null when it is not one. */
export function parseNetwork(text: string): Ipv4Network | null {
  const match = /^([^/]+)\/(\d{1,2})$/.exec(text);
  const address = parseIpv4(match?.[1] ?? '');
  const prefix = Number(match?.[2]);
  return match === null || address === null || prefix > 32 ? null : networkOf(address, prefix);
}

/** A private IPv4 network (RFC 1918) of /16 to /28, written without host bits. */
export function checkSubnet(value: unknown): Checked<string> {
  if (typeof value !== 'string') return invalid(`${describeValue(value)} is not a network`, EXAMPLE);
  const network = parseNetwork(value);
  if (network === null) {
    return parseIpv4(value) === null
      ? invalid(`${shorten(value)} is not a network`, EXAMPLE)
      : invalid(`${value} has no prefix`, EXAMPLE);
  }
  const written = `${formatIpv4(network.base)}/${network.prefix}`;
  if (
    !PRIVATE.some(
      (block) => block !== null && contains(block, network.base) && network.prefix >= block.prefix,
    )
  ) {
    return invalid(
      `${value} is not private`,
      'use a network within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16',
    );
  }
  if (network.prefix < 16 || network.prefix > 28) {
    return invalid(
      `/${network.prefix} is not a possible size`,
      'use a prefix from /16 to /28, e.g. 172.30.5.0/24',
    );
  }
  if (value !== written) return invalid(`${value} has host bits set`, `the network is ${written}`);
  return valid(value);
}

/** The first of `addresses` that lies in `subnet`, null when none does. */
export function addressInside(subnet: string, addresses: 'auto' | readonly string[]): string | null {
  const network = parseNetwork(subnet);
  if (network === null || addresses === 'auto') return null;
  return addresses.find((address) => contains(network, parseIpv4(address) ?? -1)) ?? null;
}
