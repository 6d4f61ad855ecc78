import type { Statement } from './statements.ts';

export type Family = 'ip' | 'ip6' | 'inet';
export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/**
 * A key of a set or map: one part, or the parts of a concatenation in the order of the type. Ports and marks are
 * numbers. In a set with the flag `interval` a part may be `10.0.0.0/8`, `10.0.0.1-10.0.0.9` or `20000-20100`.
 */
export type Key = readonly (string | number)[];

/** A table as it should be. Everything in it belongs to whoever applies it. */
export interface TableSpec {
  readonly family: Family;
  readonly name: string;
  /** Named counters; they keep their values across commits. */
  readonly counters: readonly string[];
  readonly sets: readonly SetSpec[];
  readonly maps: readonly MapSpec[];
  readonly chains: readonly ChainSpec[];
}

export interface SetSpec {
  readonly name: string;
  /** e.g. `['inet_proto', 'inet_service']`. */
  readonly type: readonly string[];
  readonly flags?: readonly 'interval'[];
  readonly elements: readonly Key[];
  /** A set that rules fill (`beyondEach`): its `elements` are empty, and what is listed in it is not compared. */
  readonly dynamic?: DynamicSet;
  /**
   * The kernel takes each element out so many seconds after the set was made, whoever lives then. An element that is
   * gone is therefore not missed, and never added again.
   */
  readonly expireSeconds?: number;
}

export interface DynamicSet {
  /** An element goes this long after it was last updated. */
  readonly timeoutSeconds: number;
  /** Most elements at a time. */
  readonly size: number;
}

/**
 * A map to addresses. Data of several parts (`ipv4_addr . inet_service`) is left out on purpose: nft 1.0.6
 * silently makes a set of it.
 */
export interface MapSpec {
  readonly name: string;
  readonly type: readonly string[];
  readonly map: 'ipv4_addr' | 'ipv6_addr';
  readonly elements: readonly { readonly key: Key; readonly value: string }[];
}

/** What ties a chain to the packets of the kernel. */
export interface ChainBase {
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: Hook;
  /** A number: names like `dstnat - 5` are not accepted in JSON. */
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

export interface ChainSpec {
  readonly name: string;
  /** Absent for a chain that is only jumped to. */
  readonly base?: ChainBase;
  readonly rules: readonly RuleSpec[];
}

export interface RuleSpec {
  /** Unique in its chain, `[a-z0-9-]+`. It is written to the rule's comment together with a hash of the rule. */
  readonly id: string;
  readonly statements: readonly Statement[];
}
