import { flagsOf, keyToJson } from './elements.ts';
import type { ListedTable } from './listed.ts';
import type { ChainSpec, TableSpec } from './objects.ts';
import { referencesOf } from './references.ts';
import { ruleComment } from './rule-identity.ts';
import type { TableWork } from './table-work.ts';
import type { ElementOperand, Operation } from './transaction.ts';

/**
 * The operations that do the work, in the order in which the kernel accepts them: what refers goes before what is
 * referred to, and comes after it. The kernel shows none of the steps between to a packet.
 */
export function operationsFor(spec: TableSpec, listed: ListedTable, work: TableWork): Operation[] {
  const flushed = chainsToFlush(listed, work);
  const { remove, make } = work;
  const stated = spec.chains.filter(({ name }) => make.chains.has(name) || flushed.has(name));
  return [
    ...[...flushed].map((name): Operation => ({ verb: 'flush', kind: 'chain', name })),
    // Its elements may refer to chains and counters; older kernels free them only when it is flushed.
    ...[...remove.maps].flatMap((name): Operation[] => [
      { verb: 'flush', kind: 'map', name },
      { verb: 'delete', kind: 'map', name },
    ]),
    ...[...remove.sets].map((name): Operation => ({ verb: 'delete', kind: 'set', name })),
    ...[...remove.chains].map((name): Operation => ({ verb: 'delete', kind: 'chain', name })),
    ...[...remove.counters].map((name): Operation => ({ verb: 'delete', kind: 'counter', name })),
    ...remove.others.map(({ type, name }): Operation => ({ verb: 'delete', kind: 'other', type, name })),
    ...[...make.counters].map((name): Operation => ({ verb: 'add', kind: 'counter', name })),
    ...collections(spec, work),
    ...elementChanges(spec, work),
    ...chains(spec, work),
    ...stated.flatMap(rules),
  ];
}

/**
 * Chains whose rules go: of those that are removed, that have other rules than they should, and those that refer
 * to something that is removed, even if to come back.
 */
function chainsToFlush(listed: ListedTable, { remove, restate }: TableWork): Set<string> {
  // Other kinds of objects are referred to in more ways than are known here.
  const everyChain = remove.others.length > 0;
  const isRemoved = { chain: remove.chains, counter: remove.counters };
  const affected = listed.chains.filter(
    ({ name, rules }) =>
      everyChain ||
      restate.has(name) ||
      (remove.chains.has(name) && rules.length > 0) ||
      referencesOf(rules.map(({ expr }) => expr)).some((reference) =>
        reference.kind === 'chain' || reference.kind === 'counter'
          ? isRemoved[reference.kind].has(reference.name)
          : remove.sets.has(reference.name) || remove.maps.has(reference.name),
      ),
  );
  return new Set(affected.map(({ name }) => name));
}

function collections(spec: TableSpec, { make }: TableWork): Operation[] {
  const sets = spec.sets.filter(({ name }) => make.sets.has(name));
  const maps = spec.maps.filter(({ name }) => make.maps.has(name));
  return [
    ...sets.flatMap((set): Operation[] => {
      const { name, type, dynamic, expireSeconds, elements } = set;
      const timeout = expireSeconds === undefined ? {} : { timeoutSeconds: expireSeconds };
      return [
        { verb: 'add', kind: 'set', name, type, flags: flagsOf(set), ...(dynamic ? { dynamic } : {}) },
        ...elementOperation(
          'add',
          name,
          elements.map((key) => ({ key: keyToJson(type, key), ...timeout })),
        ),
      ];
    }),
    ...maps.flatMap(({ name, type, map, elements }): Operation[] => [
      { verb: 'add', kind: 'map', name, type, map },
      ...elementOperation(
        'add',
        name,
        elements.map(({ key, value }) => ({ key: keyToJson(type, key), value })),
      ),
    ]),
  ];
}

/** Removals go before additions: an element cannot be added over one with the same key or an overlapping range. */
function elementChanges(spec: TableSpec, { elements }: TableWork): Operation[] {
  const collectionsOfSpec = [...spec.sets, ...spec.maps];
  return collectionsOfSpec.flatMap(({ name, type }) => {
    const changes = elements.filter((change) => change.name === name);
    const removed = changes.flatMap(({ is }) => (is === null ? [] : [{ key: is.json }]));
    const added = changes.flatMap(({ key, should }): ElementOperand[] => {
      if (should === null) return [];
      const json = keyToJson(type, key);
      return [should.value === null ? { key: json } : { key: json, value: should.value }];
    });
    return [...elementOperation('delete', name, removed), ...elementOperation('add', name, added)];
  });
}

function elementOperation(
  verb: 'add' | 'delete',
  name: string,
  elements: readonly ElementOperand[],
): Operation[] {
  return elements.length === 0 ? [] : [{ verb, kind: 'element', name, elements }];
}

function chains(spec: TableSpec, { make, policies }: TableWork): Operation[] {
  return [
    ...spec.chains
      .filter(({ name }) => make.chains.has(name))
      .map(({ name, base }): Operation => ({ verb: 'add', kind: 'chain', name, base: base ?? null })),
    // Adding a chain that is there sets its policy.
    ...policies.map(
      ({ chain, should }): Operation => ({ verb: 'add', kind: 'chain', name: chain, base: should }),
    ),
  ];
}

function rules(chain: ChainSpec): Operation[] {
  return chain.rules.map(
    (rule): Operation => ({
      verb: 'add',
      kind: 'rule',
      chain: chain.name,
      comment: ruleComment(rule),
      statements: rule.statements,
    }),
  );
}
