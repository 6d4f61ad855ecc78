import { parseIpv4, parseIpv6 } from '../nftables/addresses.ts';
import { BRIDGE, LOCKED_BRIDGE } from '../stack/types.ts';
import type { Flow } from './flows.ts';
import type { Holds } from './follow.ts';
import { FORWARD_MARK } from './mark.ts';

export type Hook = 'prerouting' | 'input' | 'forward' | 'postrouting';

/** The first packet of a flow from outside, at one hook. What is not told of it is unknown: rules about that depend. */
export interface Packet {
  readonly flow: Flow;
  readonly hook: Hook;
  /** Whether it goes to a container by now. */
  readonly translated: boolean;
  /** Whether our forward chain has set the mark already. */
  readonly marked: boolean;
}

/** The hooks that the first packet of a flow passes. */
export const HOOKS: Readonly<Record<Flow['way'], readonly Hook[]>> = {
  forward: ['prerouting', 'forward', 'postrouting'],
  input: ['prerouting', 'input'],
};

/** The priorities of our own chains that translate and that mark: see `desiredTable`. */
const TRANSLATES_AT = -110;
const MARKS_AT = -10;

export function packetAt(hook: Hook, priority: number, flow: Flow): Packet {
  const forwarded = flow.way === 'forward';
  return {
    flow,
    hook,
    translated: forwarded && (hook !== 'prerouting' || priority > TRANSLATES_AT),
    marked: forwarded && (hook === 'postrouting' || (hook === 'forward' && priority > MARKS_AT)),
  };
}

export const not = (holds: Holds): Holds => (holds === 'depends' ? holds : holds === 'yes' ? 'no' : 'yes');

/** Whether all of them hold. */
export function every(parts: readonly Holds[]): Holds {
  if (parts.includes('no')) return 'no';
  return parts.includes('depends') ? 'depends' : 'yes';
}

/** Whether one of them holds. */
export const some = (parts: readonly Holds[]): Holds => not(every(parts.map(not)));

/** Loopback, our bridges, and the names that Docker gives to its own. */
const INSIDE = new RegExp(`^(lo|${BRIDGE}|${LOCKED_BRIDGE}|docker0|docker_gwbridge|br-[0-9a-f]{12}|veth.*)$`);

/** Which interface a packet from outside came by is unknown, but it was none that leads to containers. */
export function cameBy(packet: Packet, pattern: string): Holds {
  if (packet.hook === 'postrouting') return 'depends';
  if (pattern === '') return 'yes';
  return INSIDE.test(pattern) ? 'no' : 'depends';
}

/** `pattern` may end in a star. Only a packet that is forwarded has an interface to leave by. */
export function leavesBy({ hook }: Packet, pattern: string): Holds {
  if (hook === 'prerouting' || hook === 'input') return 'no';
  const matches = pattern.endsWith('*') ? BRIDGE.startsWith(pattern.slice(0, -1)) : pattern === BRIDGE;
  return matches ? 'yes' : 'no';
}

/** Where we set our bit, it is taken for the whole mark: nobody else is known to mark these packets. */
export function hasMark({ marked }: Packet, value: number, mask: number): Holds {
  if (!marked) return 'depends';
  return (FORWARD_MARK & mask) >>> 0 === value ? 'yes' : 'no';
}

export function goesToPort({ flow }: Packet, from: number, to: number): Holds {
  if (to < flow.from || from > flow.to) return 'no';
  return from <= flow.from && to >= flow.to ? 'yes' : 'depends';
}

/** Before the translation the destination is an address of this host, and never one of a container. */
export function goesToAddress(packet: Packet, range: AddressRange | null): Holds {
  const containers = rangeOf(packet.flow.subnet);
  if (containers === null || range === null || range.last < range.first) return 'depends';
  if (range.family !== packet.flow.family) return 'no';
  const apart = range.last < containers.first || range.first > containers.last;
  const encloses = range.first <= containers.first && range.last >= containers.last;
  if (packet.translated) return apart ? 'no' : encloses ? 'yes' : 'depends';
  return range.first >= containers.first && range.last <= containers.last ? 'no' : 'depends';
}

/** The addresses from `first` to `last`, as numbers. */
export interface AddressRange {
  readonly family: Flow['family'];
  readonly first: bigint;
  readonly last: bigint;
}

/** The addresses of `192.0.2.1` or `192.0.2.0/24`, `2001:db8::1` or `2001:db8::/64`; null for anything else. */
export function rangeOf(text: string): AddressRange | null {
  const [, address = '', length] = /^([^/]+)(?:\/(\d+))?$/.exec(text) ?? [];
  const ipv4 = parseIpv4(address);
  const value = ipv4 ?? parseIpv6(address);
  if (value === null) return null;
  const bits = ipv4 === null ? 128 : 32;
  const others = (1n << BigInt(bits - Number(length ?? bits))) - 1n;
  return { family: ipv4 === null ? 'ip6' : 'ip', first: value & ~others, last: value | others };
}

/** The kind of destination address: local until the packet was translated for a container. */
export function goesToKind(packet: Packet, kind: string): Holds {
  if (packet.translated) return kind.toLowerCase() === 'unicast' ? 'yes' : 'no';
  return kind.toLowerCase() === 'local' ? 'yes' : 'no';
}

/** State and status of its connection: it is the first packet, and it may be translated by then. */
export function hasState(packet: Packet, state: string): Holds {
  const name = state.toLowerCase();
  if (name === 'new') return 'yes';
  if (name === 'dnat') return packet.translated ? 'yes' : 'no';
  return name === 'snat' ? 'depends' : 'no';
}
