import { canonicalKey, canonicalValue, flagsOf, keyText } from './elements.ts';
import type { Json } from './json.ts';
import type { ListedChain, ListedMap, ListedSet, ListedTable } from './listed.ts';
import type { ListedElement } from './listed-elements.ts';
import type { ChainBase, ChainSpec, Key, MapSpec, SetSpec, TableSpec } from './objects.ts';
import { ruleComment } from './rule-identity.ts';

/** One way in which a listed table is not what it should be. */
export type Deviation =
  | { readonly kind: 'missing' | 'surplus'; readonly type: string; readonly name: string }
  | {
      readonly kind: 'redefined';
      readonly type: 'chain' | 'set' | 'map';
      readonly name: string;
      readonly is: string;
      readonly should: string;
    }
  | { readonly kind: 'policy'; readonly chain: string; readonly is: string; readonly should: ChainBase }
  | { readonly kind: 'rules'; readonly chain: string }
  | {
      readonly kind: 'element';
      readonly type: 'set' | 'map';
      readonly name: string;
      readonly key: Key;
      /** As listed; null when it is missing. */
      readonly is: ListedElement | null;
      /** As it should be, with its value in a map; null when it should not be there. */
      readonly should: { readonly value: string | null } | null;
    };

/**
 * Everything in which the listing deviates from the spec; empty when the table has converged. Rules are compared
 * by their comments and order, never by their listed form, which differs between versions of nft.
 */
export function deviationsOf(spec: TableSpec, listed: ListedTable): Deviation[] {
  return [
    ...presence('counter', spec.counters, listed.counters.map(nameOf)),
    ...presence('set', spec.sets.map(nameOf), listed.sets.map(nameOf)),
    ...pairs(spec.sets, listed.sets).flatMap(([set, is]) => setDeviations(set, is)),
    ...presence('map', spec.maps.map(nameOf), listed.maps.map(nameOf)),
    ...pairs(spec.maps, listed.maps).flatMap(([map, is]) => mapDeviations(map, is)),
    ...presence('chain', spec.chains.map(nameOf), listed.chains.map(nameOf)),
    ...pairs(spec.chains, listed.chains).flatMap(([chain, is]) => chainDeviations(chain, is)),
    ...listed.others.map(({ type, name }): Deviation => ({ kind: 'surplus', type, name })),
  ];
}

const nameOf = ({ name }: { readonly name: string }) => name;

function presence(type: string, should: readonly string[], is: readonly string[]): Deviation[] {
  const missing = should.filter((name) => !is.includes(name));
  const surplus = is.filter((name) => !should.includes(name));
  return [
    ...missing.map((name): Deviation => ({ kind: 'missing', type, name })),
    ...surplus.map((name): Deviation => ({ kind: 'surplus', type, name })),
  ];
}

function pairs<A extends { readonly name: string }, B extends { readonly name: string }>(
  should: readonly A[],
  is: readonly B[],
): [A, B][] {
  const byName = new Map(is.map((object) => [object.name, object]));
  return should.flatMap((object): [A, B][] => {
    const counterpart = byName.get(object.name);
    return counterpart === undefined ? [] : [[object, counterpart]];
  });
}

function setDeviations(set: SetSpec, listed: ListedSet): Deviation[] {
  const { dynamic } = set;
  const should = dynamic
    ? dynamicText(set.type, dynamic.timeoutSeconds, dynamic.size)
    : definitionText(set.type, flagsOf(set));
  const is =
    dynamic && listed.flags.includes('timeout')
      ? dynamicText(listed.type, listed.options.timeout, listed.options.size)
      : definitionText(listed.type, listed.flags);
  if (is !== should) return [{ kind: 'redefined', type: 'set', name: set.name, is, should }];
  if (dynamic) return [];
  const elements = set.elements.map((key) => ({ key, value: null }));
  const found = elementDeviations('set', set, elements, listed.elements, '');
  return set.expireSeconds === undefined
    ? found
    : found.filter((deviation) => deviation.kind !== 'element' || deviation.is !== null);
}

function mapDeviations(map: MapSpec, listed: ListedMap): Deviation[] {
  const should = `${definitionText(map.type, [])} : ${map.map}`;
  const is = `${definitionText(listed.type, listed.flags)} : ${listed.map}`;
  if (is !== should) return [{ kind: 'redefined', type: 'map', name: map.name, is, should }];
  return elementDeviations('map', map, map.elements, listed.elements, map.map);
}

function dynamicText(type: readonly string[], timeout: Json | undefined, size: Json | undefined): string {
  return `${keyText(type)} (filled by rules, timeout ${timeout} s, size ${size})`;
}

function definitionText(type: readonly string[], flags: readonly string[]): string {
  return flags.length === 0 ? keyText(type) : `${keyText(type)} (${[...flags].sort().join(', ')})`;
}

function elementDeviations(
  type: 'set' | 'map',
  collection: { readonly name: string; readonly type: readonly string[] },
  elements: readonly { readonly key: Key; readonly value: string | null }[],
  listed: readonly ListedElement[],
  valueType: string,
): Deviation[] {
  const canonical = ({ key }: { readonly key: Key }) => canonicalKey(collection.type, key);
  const valueText = (value: string | null) => (value === null ? '' : canonicalValue(valueType, value));
  const place = { kind: 'element', type, name: collection.name } as const;
  const listedByKey = new Map(listed.map((element) => [canonical(element), element]));
  const wanted = new Set(elements.map(canonical));
  return [
    ...elements.flatMap((element): Deviation[] => {
      const is = listedByKey.get(canonical(element)) ?? null;
      if (is !== null && valueText(is.value) === valueText(element.value)) return [];
      return [{ ...place, key: element.key, is, should: { value: element.value } }];
    }),
    ...listed
      .filter((element) => !wanted.has(canonical(element)))
      .map((is): Deviation => ({ ...place, key: is.key, is, should: null })),
  ];
}

function chainDeviations(chain: ChainSpec, listed: ListedChain): Deviation[] {
  const [is, should] = [baseText(listed.base), baseText(chain.base ?? null)];
  if (is !== should) return [{ kind: 'redefined', type: 'chain', name: chain.name, is, should }];
  const policy: Deviation[] =
    chain.base && listed.base && listed.base.policy !== chain.base.policy
      ? [{ kind: 'policy', chain: chain.name, is: listed.base.policy, should: chain.base }]
      : [];
  const wanted = chain.rules.map(ruleComment);
  const same =
    wanted.length === listed.rules.length && listed.rules.every(({ comment }, i) => comment === wanted[i]);
  return same ? policy : [...policy, { kind: 'rules', chain: chain.name }];
}

function baseText(base: Pick<NonNullable<ListedChain['base']>, 'type' | 'hook' | 'priority'> | null): string {
  return base === null
    ? 'a chain without a hook'
    : `${base.type} hook ${base.hook} priority ${base.priority}`;
}
