import type { MapSpec } from '../nftables/objects.ts';
import * as nft from '../nftables/statements.ts';

/** What differs between the rules for IPv4 and for IPv6. */
export interface Family {
  /** Ends the names of sets, maps and rules of this family. */
  readonly suffix: '4' | '6';
  readonly protocol: 'ip' | 'ip6';
  readonly type: MapSpec['map'];
  readonly loopback: nft.Expression;
}

export const IPV4: Family = {
  suffix: '4',
  protocol: 'ip',
  type: 'ipv4_addr',
  loopback: nft.prefix('127.0.0.0', 8),
};
export const IPV6: Family = { suffix: '6', protocol: 'ip6', type: 'ipv6_addr', loopback: '::1' };
const FAMILIES = [IPV4, IPV6] as const;

/** The same for both families, IPv4 first. */
export function inBoth<T>(make: (family: Family) => readonly T[]): T[] {
  return FAMILIES.flatMap(make);
}

export const source = ({ protocol }: Family) => nft.payload(protocol, 'saddr');
export const destination = ({ protocol }: Family) => nft.payload(protocol, 'daddr');

export const translated = nft.contains(nft.ctStatus, 'dnat');
export const running = nft.contains(nft.ctState, { set: ['established', 'related'] });
/** Of a flow that the other side opened, towards which the packet goes. */
export const towardsOpener = nft.equal(nft.ctDirection, 'reply');
export const fromOpener = nft.equal(nft.ctDirection, 'original');
export const toThisHost = nft.equal(nft.daddrType, 'local');

export const toLoopback = (family: Family) => nft.equal(destination(family), family.loopback);

export const toBackend = (family: Family) =>
  nft.contains(nft.concat(destination(family), nft.l4proto, nft.dport), `@backends${family.suffix}`);

export const fromBackend = (family: Family) =>
  nft.contains(nft.concat(source(family), nft.l4proto, nft.sport), `@backends${family.suffix}`);

/** A network written as `172.30.5.0/24`, for a match. */
export function network(subnet: string): nft.Expression {
  const [address = '', length = ''] = subnet.split('/');
  return nft.prefix(address, Number(length));
}
