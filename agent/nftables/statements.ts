/** The part of libnftables-json(5) that an appliance needs, as types and small builders. */

export type Expression =
  | string
  | number
  | { readonly meta: { readonly key: 'l4proto' | 'mark' | 'iifname' | 'oifname' | 'nfproto' | 'skuid' } }
  | {
      readonly payload: {
        readonly protocol: 'ip' | 'ip6' | 'th' | 'tcp' | 'udp' | 'icmp' | 'icmpv6';
        readonly field: string;
      };
    }
  | { readonly ct: { readonly key: 'mark' | 'status' | 'state' | 'direction' } }
  | { readonly fib: { readonly result: 'type'; readonly flags: readonly ['daddr'] | readonly ['saddr'] } }
  | { readonly concat: readonly Expression[] }
  | { readonly set: readonly Expression[] }
  | { readonly range: readonly [number, number] }
  | { readonly prefix: { readonly addr: string; readonly len: number } }
  | { readonly map: { readonly key: Expression; readonly data: string } }
  | { readonly '|': readonly [Expression, number] }
  | { readonly '&': readonly [Expression, number | string] };

export type Statement =
  | {
      readonly match: {
        readonly op: '==' | '!=' | 'in';
        readonly left: Expression;
        readonly right: Expression;
      };
    }
  | { readonly mangle: { readonly key: Expression; readonly value: Expression } }
  | { readonly counter: string }
  | { readonly limit: Limit }
  | {
      readonly set: {
        readonly op: 'update';
        readonly elem: Expression;
        readonly set: string;
        readonly stmt: readonly [{ readonly limit: Limit }];
      };
    }
  | { readonly dnat: NatTarget }
  | { readonly snat: NatTarget }
  | { readonly masquerade: null }
  | { readonly jump: { readonly target: string } }
  | { readonly accept: null }
  | { readonly drop: null }
  | { readonly reject: { readonly type: 'icmpx'; readonly expr: 'admin-prohibited' } }
  | { readonly reject: { readonly type: 'tcp reset' } }
  | { readonly return: null };

/** A rate of packets; with `inv` it matches what is beyond the rate, else what is within. */
export type Limit = {
  readonly rate: number;
  readonly per: 'second' | 'minute' | 'hour' | 'day';
  readonly burst: number;
  readonly inv?: true;
};

export type NatTarget = {
  readonly family: 'ip' | 'ip6';
  readonly addr: Expression;
};

export const l4proto: Expression = { meta: { key: 'l4proto' } };
export const iifname: Expression = { meta: { key: 'iifname' } };
export const oifname: Expression = { meta: { key: 'oifname' } };
/** User of the socket that sent a packet; packets of the kernel itself have none and match nothing. */
export const skuid: Expression = { meta: { key: 'skuid' } };
export const metaMark: Expression = { meta: { key: 'mark' } };
export const ctMark: Expression = { ct: { key: 'mark' } };
export const ctStatus: Expression = { ct: { key: 'status' } };
export const ctState: Expression = { ct: { key: 'state' } };
export const ctDirection: Expression = { ct: { key: 'direction' } };
export const dport: Expression = { payload: { protocol: 'th', field: 'dport' } };
export const sport: Expression = { payload: { protocol: 'th', field: 'sport' } };
export const nfproto: Expression = { meta: { key: 'nfproto' } };
/** Matches packets of ICMP alone, as `icmpv6Type` does those of ICMPv6. */
export const icmpType: Expression = { payload: { protocol: 'icmp', field: 'type' } };
export const icmpv6Type: Expression = { payload: { protocol: 'icmpv6', field: 'type' } };
export const daddrType: Expression = { fib: { result: 'type', flags: ['daddr'] } };

export const payload = (protocol: 'ip' | 'ip6', field: 'saddr' | 'daddr'): Expression => ({
  payload: { protocol, field },
});
export const concat = (...parts: Expression[]): Expression => ({ concat: parts });
export const prefix = (addr: string, len: number): Expression => ({ prefix: { addr, len } });
export const equal = (left: Expression, right: Expression): Statement => ({
  match: { op: '==', left, right },
});
export const unequal = (left: Expression, right: Expression): Statement => ({
  match: { op: '!=', left, right },
});
export const contains = (left: Expression, right: Expression): Statement => ({
  match: { op: 'in', left, right },
});
export const setMark = (key: Expression, value: Expression): Statement => ({ mangle: { key, value } });
export const count = (name: string): Statement => ({ counter: name });
/** Matches packets up to `rate` a second, and `burst` more at once. */
export const within = (rate: number, burst: number): Statement => ({
  limit: { rate, per: 'second', burst },
});
/** Matches packets beyond `rate` a second, once `burst` more have passed. */
export const beyond = (rate: number, burst: number): Statement => ({ limit: perSecond(rate, burst) });
/** The same for each value of `key`, remembered in a dynamic set; matches nothing for a new key when the set is full. */
export const beyondEach = (key: Expression, set: string, rate: number, burst: number): Statement => ({
  set: { op: 'update', elem: key, set, stmt: [{ limit: perSecond(rate, burst) }] },
});
const perSecond = (rate: number, burst: number): Limit => ({ rate, per: 'second', burst, inv: true });
export const dnat = (family: 'ip' | 'ip6', addr: Expression): Statement => ({ dnat: { family, addr } });
export const snat = (family: 'ip' | 'ip6', addr: Expression): Statement => ({ snat: { family, addr } });
export const masquerade: Statement = { masquerade: null };
export const accept: Statement = { accept: null };
export const drop: Statement = { drop: null };
/** Tells the sender that it may not, over either family (RFC 1812, 5.2.7.1; RFC 4443, 3.1). */
export const reject: Statement = { reject: { type: 'icmpx', expr: 'admin-prohibited' } };
/** The same for TCP: an ICMP error that comes while a program is still in `connect` is not heard. */
export const rejectTcp: Statement = { reject: { type: 'tcp reset' } };
export const returnVerdict: Statement = { return: null };
export const jump = (target: string): Statement => ({ jump: { target } });
