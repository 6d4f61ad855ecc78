import { NftError } from './errors.ts';
import { isArray, isObject, type Json, type JsonObject, property } from './json.ts';
import { type ListedElement, parseElements, parseTypes } from './listed-elements.ts';
import type { Family } from './objects.ts';
import { parseRuleComment } from './rule-identity.ts';

/** A table as nft lists it, whoever made it. */
export interface ListedTable {
  readonly family: Family;
  readonly name: string;
  /** True when it has flags such as `dormant` or `owner`; nft 1.0.6 cannot say which. */
  readonly flagged: boolean;
  readonly chains: readonly ListedChain[];
  readonly sets: readonly ListedSet[];
  readonly maps: readonly ListedMap[];
  readonly counters: readonly ListedCounter[];
  /** Objects of other kinds, e.g. `quota`, `limit`, `ct helper`. */
  readonly others: readonly ListedObject[];
}

export interface ListedChain {
  readonly name: string;
  /** Null for a chain that is only jumped to. */
  readonly base: {
    readonly type: string;
    readonly hook: string;
    readonly priority: number;
    readonly policy: string;
  } | null;
  readonly rules: readonly ListedRule[];
}

export interface ListedRule {
  readonly handle: number;
  readonly comment: string | null;
  /** From the comment; null when the rule carries none of ours. */
  readonly id: string | null;
  readonly hash: string | null;
  /** The statements in the form of the nft that listed them. */
  readonly expr: readonly Json[];
}

export interface ListedSet {
  readonly name: string;
  readonly type: readonly string[];
  readonly flags: readonly string[];
  readonly elements: readonly ListedElement[];
  /** What else it was declared with, e.g. `size` or `timeout`. */
  readonly options: JsonObject;
}

export interface ListedMap extends ListedSet {
  /** Type of the values, e.g. `ipv4_addr`, `verdict` or `ipv4_addr . inet_service`. */
  readonly map: string;
}

export interface ListedCounter {
  readonly name: string;
  readonly packets: number;
  readonly bytes: number;
}

export interface ListedObject {
  readonly type: string;
  readonly name: string;
  readonly definition: JsonObject;
}

const SET_FIELDS = new Set(['family', 'table', 'name', 'handle', 'type', 'map', 'flags', 'elem']);

/**
 * Reads what `nft -j list table FAMILY NAME` printed. What it does not know it keeps in `others` and `options`.
 * Throws NFT_LISTING_UNREADABLE when there is no table in it.
 */
export function parseListing(listing: unknown): ListedTable {
  const objects = property(listing as Json, 'nftables');
  if (!isArray(objects)) throw unreadable('it has no list "nftables"');
  const entries = objects.flatMap((object) => (isObject(object) ? Object.entries(object) : []));
  const of = (kind: string) =>
    entries.flatMap(([key, value]) => (key === kind && isObject(value) ? [value] : []));
  const [table] = of('table');
  const family = table?.family;
  if (table === undefined || !isFamily(family)) throw unreadable('it has no table of family ip, ip6 or inet');
  const rules = of('rule');
  return {
    family,
    name: text(table, 'name'),
    flagged: table.flags !== undefined,
    chains: of('chain').map((chain) => parseChain(chain, rules)),
    sets: of('set').map(parseSet),
    maps: of('map').map((map) => ({ ...parseSet(map), map: parseTypes(map.map).join(' . ') })),
    counters: of('counter').map((counter) => ({
      name: text(counter, 'name'),
      packets: number(counter, 'packets'),
      bytes: number(counter, 'bytes'),
    })),
    others: entries.flatMap(([type, value]) => (MODELLED.has(type) ? [] : [parseOther(type, value)])),
  };
}

const MODELLED = new Set(['metainfo', 'table', 'chain', 'rule', 'set', 'map', 'counter']);

function parseChain(chain: JsonObject, rules: readonly JsonObject[]): ListedChain {
  const name = text(chain, 'name');
  const base = {
    type: String(chain.type ?? ''),
    hook: String(chain.hook ?? ''),
    priority: Number(chain.prio ?? 0),
    policy: String(chain.policy ?? 'accept'),
  };
  return {
    name,
    base: chain.hook === undefined ? null : base,
    rules: rules.filter((rule) => rule.chain === name).map(parseRule),
  };
}

function parseRule(rule: JsonObject): ListedRule {
  const comment = typeof rule.comment === 'string' ? rule.comment : null;
  const identity = comment === null ? null : parseRuleComment(comment);
  return {
    handle: number(rule, 'handle'),
    comment,
    id: identity?.id ?? null,
    hash: identity?.hash ?? null,
    expr: isArray(rule.expr) ? rule.expr : [],
  };
}

function parseSet(set: JsonObject): ListedSet {
  const flags = isArray(set.flags) ? set.flags : set.flags === undefined ? [] : [set.flags];
  return {
    name: text(set, 'name'),
    type: parseTypes(set.type),
    flags: flags.map(String),
    elements: parseElements(set.elem, set.map !== undefined),
    options: Object.fromEntries(Object.entries(set).filter(([field]) => !SET_FIELDS.has(field))),
  };
}

function parseOther(type: string, value: Json): ListedObject {
  if (!isObject(value)) throw unreadable(`its ${type} is not an object`);
  return { type, name: text(value, 'name'), definition: value };
}

function isFamily(value: Json | undefined): value is Family {
  return value === 'ip' || value === 'ip6' || value === 'inet';
}

function text(object: JsonObject, field: string): string {
  const value = object[field];
  if (typeof value === 'string') return value;
  throw unreadable(`an object has no text "${field}"`);
}

function number(object: JsonObject, field: string): number {
  const value = object[field];
  if (typeof value === 'number') return value;
  throw unreadable(`an object has no number "${field}"`);
}

function unreadable(why: string): NftError {
  return new NftError({
    code: 'NFT_LISTING_UNREADABLE',
    message: `The listing of nft cannot be read: ${why}`,
    hint: 'Look at it with: nft -j list table FAMILY NAME. A newer nft may print a form that is not known yet.',
  });
}
