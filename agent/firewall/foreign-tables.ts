import { isArray, isObject, type Json, type JsonObject, property } from '../nftables/json.ts';
import type { Flow } from './flows.ts';
import { type Action, follow, type Holds, type JudgedRule } from './follow.ts';
import { isOneOf, passes } from './foreign-match.ts';
import { every, HOOKS, type Hook, type Packet, packetAt } from './packet.ts';

/** A base chain of somebody else at a hook that our packets pass. */
export interface ForeignChain {
  readonly family: 'ip' | 'ip6' | 'inet';
  readonly table: string;
  readonly chain: string;
  readonly hook: Hook;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

/** A rule, or a policy (`handle` null), that drops all packets of a flow, or may drop some. */
export interface ForeignVerdict {
  readonly flow: Flow;
  readonly certain: boolean;
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number | null;
}

/** The chains of `nft -j list chains` that others hung where the packets of these flows pass, ours left out. */
export function foreignChains(listing: Json, flows: readonly Flow[]): readonly ForeignChain[] {
  const hooks = new Set<string>(flows.flatMap(({ way }) => HOOKS[way]));
  return objects(listing, 'chain').flatMap((chain): ForeignChain[] => {
    const { family, table, name, hook, prio, policy } = chain;
    if (
      (family !== 'ip' && family !== 'ip6' && family !== 'inet') ||
      typeof hook !== 'string' ||
      !hooks.has(hook)
    )
      return [];
    if (family === 'inet' && table === 'appliance') return [];
    // The filter tables of iptables-nft: its own program reads them, and more of them than nft does.
    if (family !== 'inet' && table === 'filter' && name === hook.toUpperCase()) return [];
    return [
      {
        family,
        table: String(table),
        chain: String(name),
        hook: hook as Hook,
        priority: Number(prio),
        policy: policy === 'drop' ? 'drop' : 'accept',
      },
    ];
  });
}

/** What a chain does to a flow. `listing`: `nft -j list table` of its table, with the elements of verdict maps. */
export function verdictsOf(base: ForeignChain, listing: Json, flow: Flow): readonly ForeignVerdict[] {
  const passes = base.family === 'inet' || base.family === flow.family;
  if (!passes || !HOOKS[flow.way].includes(base.hook)) return [];
  const packet = packetAt(base.hook, base.priority, flow);
  const rules = objects(listing, 'rule');
  const elements = (map: string) => objects(listing, 'map').find(({ name }) => name === map)?.elem ?? null;
  const judged = (chain: string) =>
    rules.filter((rule) => rule.chain === chain).flatMap((rule) => judge(rule, packet, elements));
  const outcome = follow(base.chain, base.policy, judged);
  const { family, table } = base;
  const name = (rule: JsonObject | 'policy' | null, certain: boolean): ForeignVerdict =>
    rule === null || rule === 'policy'
      ? { flow, certain, family, table, chain: base.chain, handle: null }
      : { flow, certain, family, table, chain: String(rule.chain), handle: Number(rule.handle) };
  return [
    ...(outcome.verdict === 'drop' ? [name(outcome.by, true)] : []),
    ...outcome.mayDrop.map((rule) => name(rule, false)),
  ];
}

/** A rule as its decisions: one for its verdict, or one for each element of its verdict map. */
function judge(rule: JsonObject, packet: Packet, elements: (map: string) => Json): JudgedRule<JsonObject>[] {
  const statements = isArray(rule.expr) ? rule.expr.filter(isObject) : [];
  const before: Holds[] = [];
  for (const statement of statements) {
    const action = actionOf(statement);
    if (action !== null) return [{ holds: every(before), action, rule }];
    if (isObject(statement.vmap)) {
      const { key = null, data = null } = statement.vmap;
      const list = typeof data === 'string' ? elements(data.slice(1)) : property(data, 'set');
      return (isArray(list) ? list : []).flatMap((element) => {
        const [value = null, verdict] = isArray(element) ? element : [];
        const wrapped = property(property(value, 'elem'), 'val') ?? value;
        const chosen = isObject(verdict) ? actionOf(verdict) : null;
        return [{ holds: every([...before, isOneOf(key, wrapped, packet)]), action: chosen, rule }];
      });
    }
    before.push(passes(statement, packet));
  }
  return [];
}

/** Translation ends a chain as an accept does. */
function actionOf(statement: JsonObject): Action | null {
  for (const [kind, value] of Object.entries(statement)) {
    if (kind === 'accept' || kind === 'drop' || kind === 'return') return { kind };
    if (kind === 'reject') return { kind: 'drop' };
    if (['dnat', 'snat', 'masquerade', 'redirect', 'tproxy'].includes(kind)) return { kind: 'accept' };
    const target = property(value, 'target');
    if ((kind === 'jump' || kind === 'goto') && typeof target === 'string') return { kind, chain: target };
  }
  return null;
}

/** Names of the verdict maps of a table: a terse listing leaves their elements out. */
export const verdictMaps = (listing: Json): readonly string[] =>
  objects(listing, 'map').flatMap(({ name, map }) => (map === 'verdict' ? [String(name)] : []));

function objects(listing: Json, kind: string): readonly JsonObject[] {
  const list = property(listing, 'nftables');
  return (isArray(list) ? list : []).flatMap((object) => {
    const value = property(object, kind);
    return isObject(value) ? [value] : [];
  });
}
