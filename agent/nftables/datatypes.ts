import { parseIpv4, parseIpv6 } from './addresses.ts';
import type { Json } from './json.ts';

/** What one part of a key means: a range of numbers (often of one), or a text that stands for itself. */
export type Meaning = { readonly from: bigint; readonly to: bigint } | { readonly text: string };

const ADDRESS_BITS: Readonly<Record<string, number>> = { ipv4_addr: 32, ipv6_addr: 128 };
const NUMBER_BITS: Readonly<Record<string, number>> = { inet_service: 16, mark: 32 };

/**
 * The protocols that nft knows by name. It prints the number where /etc/protocols is missing (Debian without
 * netbase), so a name and its number must be the same key.
 */
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['tcp', 6],
  ['udp', 17],
  ['esp', 50],
  ['ah', 51],
  ['icmpv6', 58],
  ['ipv6-icmp', 58],
  ['sctp', 132],
]);

/**
 * What a part of a key of this nft datatype means; null when it is not a value of the datatype. Besides single
 * values: `10.0.0.0/8` and `10.0.0.1-10.0.0.9` for addresses, `100-200` for ports and marks. A datatype that is
 * not known here (e.g. `ifname`) has any text as its value.
 */
export function meaningOf(datatype: string, part: string | number): Meaning | null {
  const addressBits = ADDRESS_BITS[datatype];
  if (addressBits !== undefined) return addressRange(String(part), addressBits);
  const numberBits = NUMBER_BITS[datatype];
  if (numberBits !== undefined) return numberRange(part, numberBits);
  if (datatype === 'inet_proto') return protocol(part);
  return part === '' ? null : { text: String(part) };
}

/** True when the part is written as a prefix or a range, even of a single value. */
export function isRange(datatype: string, part: string | number): boolean {
  const ranges = ADDRESS_BITS[datatype] !== undefined || NUMBER_BITS[datatype] !== undefined;
  return ranges && /[-/]/.test(String(part));
}

/** The part as libnftables-json(5) writes it; the part must be a value of the datatype. */
export function partToJson(datatype: string, part: string | number): Json {
  if (typeof part === 'number') return part;
  if (ADDRESS_BITS[datatype] !== undefined) {
    const [address = '', length] = part.split('/');
    if (length !== undefined) return { prefix: { addr: address, len: Number(length) } };
    return part.includes('-') ? { range: part.split('-') } : part;
  }
  return NUMBER_BITS[datatype] === undefined ? part : { range: part.split('-').map(Number) };
}

function addressRange(text: string, bits: number): Meaning | null {
  const parse = bits === 32 ? parseIpv4 : parseIpv6;
  const [first = '', last, ...more] = text.split('-');
  if (more.length > 0) return null;
  if (last !== undefined) return ordered(parse(first), parse(last));
  const [network = '', lengthText, ...rest] = text.split('/');
  const from = parse(network);
  if (from === null || rest.length > 0) return null;
  if (lengthText === undefined) return { from, to: from };
  const length = Number(lengthText);
  if (!/^\d+$/.test(lengthText) || length > bits) return null;
  const hostMask = (1n << BigInt(bits - length)) - 1n;
  return (from & hostMask) === 0n ? { from, to: from | hostMask } : null;
}

function numberRange(part: string | number, bits: number): Meaning | null {
  const limit = 2 ** bits - 1;
  if (typeof part === 'number') {
    const valid = Number.isInteger(part) && part >= 0 && part <= limit;
    return valid ? { from: BigInt(part), to: BigInt(part) } : null;
  }
  const match = /^(\d+)-(\d+)$/.exec(part);
  if (match?.[1] === undefined || match[2] === undefined || Number(match[2]) > limit) return null;
  return ordered(BigInt(match[1]), BigInt(match[2]));
}

function protocol(part: string | number): Meaning | null {
  const value = typeof part === 'number' ? part : PROTOCOLS.get(part);
  if (value === undefined || !Number.isInteger(value) || value < 0 || value > 255) return null;
  return { from: BigInt(value), to: BigInt(value) };
}

function ordered(from: bigint | null, to: bigint | null): Meaning | null {
  return from === null || to === null || from > to ? null : { from, to };
}
