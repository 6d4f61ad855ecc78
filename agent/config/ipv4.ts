/** An IPv4 network. `base` is the address as a number, with the host bits of the prefix cleared. */
export interface Ipv4Network {
  readonly base: number;
  readonly prefix: number;
}

/** A dotted quad (four decimal numbers without leading zeros, RFC 6943 section 3.1.1) as a number, else null. */
export function parseIpv4(text: string): number | null {
  if (!/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text)) return null;
  const octets = text.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return null;
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** The network of `prefix` bits that holds an address. */
export function networkOf(address: number, prefix: number): Ipv4Network {
  const size = 2 ** (32 - prefix);
  return { base: Math.floor(address / size) * size, prefix };
}

export function contains(network: Ipv4Network, address: number): boolean {
  return networkOf(address, network.prefix).base === network.base;
}
