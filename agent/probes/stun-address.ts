import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { AgentError } from '../system/errors.ts';
import { MAGIC_COOKIE } from './stun-integrity.ts';

export interface TransportAddress {
  readonly address: string;
  readonly port: number;
}

const FAMILY_V4 = 0x01;
const FAMILY_V6 = 0x02;

/**
 * The value of XOR-MAPPED-ADDRESS (RFC 8489, section 14.2) and of the other XOR-…-ADDRESS attributes.
 * Error: STUN_MALFORMED.
 */
export function decodeXorAddress(value: Buffer, transactionId: Uint8Array): TransportAddress {
  const family = value[1];
  const expected = family === FAMILY_V4 ? 8 : 20;
  if ((family !== FAMILY_V4 && family !== FAMILY_V6) || value.length !== expected) {
    throw new AgentError({
      code: 'STUN_MALFORMED',
      message: `not an XOR address: family ${family ?? 'missing'}, ${value.length} bytes`,
      hint: 'Something other than a STUN server answers on this port.',
    });
  }
  const mask = maskOf(transactionId);
  return {
    address: formatAddress(xor(value.subarray(4), mask)),
    port: value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16),
  };
}

/** The same, the other way. `address` is a textual IPv4 or IPv6 address. */
export function encodeXorAddress({ address, port }: TransportAddress, transactionId: Uint8Array): Buffer {
  const bytes = parseAddress(address);
  const head = Buffer.from([0, bytes.length === 4 ? FAMILY_V4 : FAMILY_V6, 0, 0]);
  head.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  return Buffer.concat([head, xor(bytes, maskOf(transactionId))]);
}

/** The magic cookie, then the transaction id: 16 bytes, of which IPv4 needs the first four. */
function maskOf(transactionId: Uint8Array): Buffer {
  const cookie = Buffer.alloc(4);
  cookie.writeUInt32BE(MAGIC_COOKIE);
  return Buffer.concat([cookie, transactionId]);
}

function xor(bytes: Uint8Array, mask: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte ^ (mask[index] ?? 0)));
}

function formatAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}

function parseAddress(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text)) throw new TypeError(`not an IP address: ${text}`);
  // An embedded IPv4 address stands for the last two groups.
  const plain = text.replace(/[\d.]+$/, (tail) => (isIPv4(tail) ? asGroups(tail) : tail));
  const [head = [], tail = []] = plain
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function asGroups(ipv4: string): string {
  const hex = Buffer.from(ipv4.split('.').map(Number)).toString('hex');
  return `${hex.slice(0, 4)}:${hex.slice(4)}`;
}
