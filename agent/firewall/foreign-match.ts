import { isArray, isObject, type Json, type JsonObject, property } from '../nftables/json.ts';
import type { Holds } from './follow.ts';
import {
  cameBy,
  goesToAddress,
  goesToKind,
  goesToPort,
  hasMark,
  hasState,
  leavesBy,
  not,
  type Packet,
  rangeOf,
  some,
} from './packet.ts';

/** Statements after which the packet goes on to the next one, whatever they do beside that. */
const PASSIVE = new Set([
  'counter',
  'log',
  'mangle',
  'notrack',
  'dup',
  'flow',
  'last',
  'ct helper',
  'ct timeout',
]);

/** Whether a packet gets through a statement (libnftables-json(5)) of somebody else to the next one. */
export function passes(statement: JsonObject, packet: Packet): Holds {
  const [[kind = '', value] = []] = Object.entries(statement);
  if (kind === 'match' && isObject(value)) return matches(value, packet);
  return PASSIVE.has(kind) ? 'yes' : 'depends';
}

function matches({ op, left = null, right = null }: JsonObject, packet: Packet): Holds {
  if (op === '==' || op === 'in') return isOneOf(left, right, packet);
  if (op === '!=' || op === '!') {
    // A packet without the field matches neither way.
    return hasField(left, packet) ? not(isOneOf(left, right, packet)) : 'no';
  }
  return compares(left, String(op), Number(right), packet);
}

/** Whether what `left` stands for is `right`, or one of them where that is a set or a list of flags. */
export function isOneOf(left: Json, right: Json, packet: Packet): Holds {
  if (!hasField(left, packet)) return 'no';
  const list = isArray(right) ? right : property(right, 'set');
  if (isArray(list))
    return some(list.map((one) => is(left, property(property(one, 'elem'), 'val') ?? one, packet)));
  return is(left, right, packet);
}

function is(left: Json, right: Json, packet: Packet): Holds {
  // A named set: its elements come and go.
  if (typeof right === 'string' && right.startsWith('@')) return 'depends';
  const masked = property(left, '&');
  if (isArray(masked)) return isMasked(masked, right, packet);
  const meta = property(property(left, 'meta'), 'key');
  if (meta !== undefined) return isMeta(String(meta), right, packet);
  if (property(left, 'payload') !== undefined) return isPayload(left, right, packet);
  const state = property(property(left, 'ct'), 'key');
  if (state === 'state' || state === 'status') return hasState(packet, String(right));
  const fib = property(left, 'fib');
  const flags = property(fib, 'flags');
  const ofDestination = flags === 'daddr' || (isArray(flags) && flags.join() === 'daddr');
  return property(fib, 'result') === 'type' && ofDestination ? goesToKind(packet, String(right)) : 'depends';
}

function isMeta(key: string, right: Json, packet: Packet): Holds {
  const value = String(right);
  switch (key) {
    case 'l4proto':
      return isProtocol(value, packet);
    case 'nfproto':
      return value === { ip: 'ipv4', ip6: 'ipv6' }[packet.flow.family] ? 'yes' : 'no';
    case 'iif':
    case 'iifname':
      return cameBy(packet, value);
    case 'oif':
    case 'oifname':
      return leavesBy(packet, value);
    case 'mark':
      return hasMark(packet, Number(right), 0xffffffff);
    default:
      return 'depends';
  }
}

function isMasked([field = null, mask = null]: readonly Json[], right: Json, packet: Packet): Holds {
  const ofMark = property(property(field, 'meta'), 'key') === 'mark';
  return ofMark && typeof mask === 'number' && typeof right === 'number'
    ? hasMark(packet, right, mask)
    : 'depends';
}

function isPayload(left: Json, right: Json, packet: Packet): Holds {
  const field = property(property(left, 'payload'), 'field');
  if (field === 'protocol' || field === 'nexthdr') return isProtocol(String(right), packet);
  if (field === 'dport') {
    const [from, to] = bounds(right).map(Number);
    return from === undefined || to === undefined || Number.isNaN(from + to)
      ? 'depends'
      : goesToPort(packet, from, to);
  }
  if (field !== 'daddr') return 'depends';
  const [first, last] = bounds(right).map((address) => rangeOf(String(address)));
  return goesToAddress(packet, first && last ? { ...first, last: last.last } : null);
}

/** The first and last value of a range, a prefix or a single value. */
function bounds(right: Json): readonly [Json, Json] {
  const range = property(right, 'range');
  if (isArray(range)) return [range[0] ?? null, range[1] ?? null];
  const prefix = property(right, 'prefix');
  const value = prefix === undefined ? right : `${property(prefix, 'addr')}/${property(prefix, 'len')}`;
  return [value, value];
}

/** Names, and the numbers of IANA. */
const isProtocol = (value: string, { flow }: Packet): Holds =>
  value === flow.protocol || value === { tcp: '6', udp: '17' }[flow.protocol] ? 'yes' : 'no';

/** `no` where there is no such field, e.g. a TCP port of a UDP packet, or anything of IPv6 in one of IPv4. */
function hasField(left: Json, packet: Packet): boolean {
  const parts = property(left, 'concat') ?? property(left, '&');
  if (isArray(parts)) return parts.every((part) => hasField(part, packet));
  const protocol = property(property(left, 'payload'), 'protocol');
  const { family, protocol: transport } = packet.flow;
  return protocol === undefined || ['th', family, transport].includes(String(protocol));
}

function compares(left: Json, op: string, value: number, packet: Packet): Holds {
  if (!hasField(left, packet)) return 'no';
  if (property(property(left, 'payload'), 'field') !== 'dport' || Number.isNaN(value)) return 'depends';
  switch (op) {
    case '<':
      return goesToPort(packet, 0, value - 1);
    case '<=':
      return goesToPort(packet, 0, value);
    case '>':
      return goesToPort(packet, value + 1, 65_535);
    case '>=':
      return goesToPort(packet, value, 65_535);
    default:
      return 'depends';
  }
}
