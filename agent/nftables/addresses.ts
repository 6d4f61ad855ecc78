import { isIPv4, isIPv6 } from 'node:net';

/** An IPv4 address as a number, null when the text is none. */
export function parseIpv4(text: string): bigint | null {
  if (!isIPv4(text)) return null;
  return text.split('.').reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

/** An IPv6 address (RFC 4291, 2.2; no zone) as a number, null when the text is none. */
export function parseIpv6(text: string): bigint | null {
  if (!isIPv6(text) || text.includes('%')) return null;
  const [head = '', tail] = text.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = new Array<bigint>(8 - before.length - after.length).fill(0n);
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    const embedded = parseIpv4(group);
    return embedded === null ? [BigInt(`0x${group}`)] : [embedded >> 16n, embedded & 0xffffn];
  });
}
