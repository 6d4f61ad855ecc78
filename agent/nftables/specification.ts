import { isRange, meaningOf } from './datatypes.ts';
import { canonicalKey, keysOverlap, keyText } from './elements.ts';
import { NftError } from './errors.ts';
import type { ChainBase, ChainSpec, Key, SetSpec, TableSpec } from './objects.ts';
import { type Reference, referencesOf } from './references.ts';
import { MAX_RULE_ID_LENGTH } from './rule-identity.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const RULE_ID = /^[a-z0-9-]+$/;

/**
 * Refuses a table that nft or the kernel would refuse, or that could never be seen as converged, and names the
 * place. Throws NFT_SPEC_INVALID with every fault that was found.
 */
export function checkSpec(spec: TableSpec): void {
  const faults = [
    ...nameFaults(spec),
    ...spec.sets.flatMap((set) => [...setFaults(`set ${set.name}`, set), ...timeFaults(set)]),
    ...spec.maps.flatMap((map) => [
      ...setFaults(`map ${map.name}`, { ...map, elements: map.elements.map(({ key }) => key) }),
      ...map.elements
        .filter(({ value }) => !isSingle(map.map, value))
        .map(
          ({ key, value }) => `map ${map.name}: ${keyText(key)} points to ${value}, which is no ${map.map}`,
        ),
    ]),
    ...spec.chains.flatMap((chain) => chainFaults(spec, chain)),
  ];
  if (faults.length === 0) return;
  throw new NftError({
    code: 'NFT_SPEC_INVALID',
    message: `The definition of table ${spec.family} ${spec.name} is invalid: ${faults.join('; ')}`,
    hint: 'Correct the definition of the table. Nothing was changed.',
  });
}

/** What is wrong with the hook of a base chain, null when the kernel takes it (nft(8), CHAINS). */
export function baseFault(base: ChainBase): string | null {
  if (!Number.isInteger(base.priority)) return `priority ${base.priority} is not a whole number`;
  if (base.type === 'route' && base.hook !== 'output') return 'a chain of type route hooks into output only';
  if (base.type !== 'nat') return null;
  if (base.hook === 'forward') return 'a chain of type nat cannot hook into forward';
  return base.priority > -200 ? null : 'a chain of type nat needs a priority above -200';
}

function nameFaults(spec: TableSpec): string[] {
  const namespaces = [
    { what: 'counter', names: spec.counters },
    { what: 'set or map', names: [...spec.sets, ...spec.maps].map(({ name }) => name) },
    { what: 'chain', names: spec.chains.map(({ name }) => name) },
  ];
  return [
    ...(NAME.test(spec.name) ? [] : [`${JSON.stringify(spec.name)} is no name for a table`]),
    ...namespaces.flatMap(({ what, names }) => [
      ...names
        .filter((name) => !NAME.test(name))
        .map((name) => `${JSON.stringify(name)} is no name for a ${what}`),
      ...repeated(names).map((name) => `there are two objects named ${name} (${what})`),
    ]),
  ];
}

function setFaults(place: string, set: Pick<SetSpec, 'type' | 'flags' | 'elements'>): string[] {
  if (set.type.length === 0) return [`${place} has no type`];
  const invalid = set.elements
    .filter((key) => !isKey(set, key))
    .map((key) => `${place}: ${keyText(key)} is no key`);
  if (invalid.length > 0) return invalid.map((fault) => `${fault} of ${keyText(set.type)}`);
  const twice = repeated(set.elements.map((key) => canonicalKey(set.type, key)));
  if (twice.length > 0) return [`${place} has an element twice`];
  return isInterval(set) ? overlaps(place, set) : [];
}

function timeFaults({ name, flags = [], elements, dynamic, expireSeconds }: SetSpec): string[] {
  const isBare = elements.length + flags.length === 0 && expireSeconds === undefined;
  return [
    ...(dynamic === undefined || isBare ? [] : ['is filled by rules, and has elements, flags or an expiry']),
    ...[dynamic?.timeoutSeconds, dynamic?.size, expireSeconds]
      .filter((figure) => figure !== undefined)
      .filter((figure) => !Number.isInteger(figure) || figure < 1)
      .map((figure) => `has ${figure} as its timeout or size`),
  ].map((fault) => `set ${name} ${fault}`);
}

function overlaps(place: string, { type, elements }: Pick<SetSpec, 'type' | 'elements'>): string[] {
  return elements.flatMap((key, index) =>
    elements
      .slice(index + 1)
      .filter((other) => keysOverlap(type, key, other))
      .map((other) => `${place}: ${keyText(key)} overlaps ${keyText(other)}`),
  );
}

function chainFaults(spec: TableSpec, chain: ChainSpec): string[] {
  const hook = chain.base ? baseFault(chain.base) : null;
  const faults = [
    ...(hook === null ? [] : [hook]),
    ...repeated(chain.rules.map(({ id }) => id)).map((id) => `there are two rules with the id ${id}`),
    ...chain.rules
      .filter(({ id }) => !RULE_ID.test(id) || id.length > MAX_RULE_ID_LENGTH)
      .map(
        ({ id }) =>
          `${JSON.stringify(id)} is no id of a rule (a-z, 0-9 and -, at most ${MAX_RULE_ID_LENGTH})`,
      ),
    ...chain.rules.flatMap(({ id, statements }) => [
      ...(statements.length === 0 ? [`rule ${id} has no statements`] : []),
      ...referencesOf(statements)
        .filter((reference) => !isDefined(spec, reference))
        .map(
          ({ kind, name }) => `rule ${id} refers to ${name}, which is no ${REFERABLE[kind]} of this table`,
        ),
    ]),
  ];
  return faults.map((fault) => `chain ${chain.name}: ${fault}`);
}

const REFERABLE: Readonly<Record<Reference['kind'], string>> = {
  chain: 'chain to jump to',
  counter: 'counter',
  map: 'map',
  collection: 'set or map',
};

function isDefined(spec: TableSpec, { kind, name }: Reference): boolean {
  const named = (object: { readonly name: string }) => object.name === name;
  if (kind === 'chain') return spec.chains.some((chain) => named(chain) && chain.base === undefined);
  if (kind === 'counter') return spec.counters.includes(name);
  return spec.maps.some(named) || (kind === 'collection' && spec.sets.some(named));
}

function isKey(set: Pick<SetSpec, 'type' | 'flags'>, key: Key): boolean {
  if (key.length !== set.type.length) return false;
  return set.type.every((type, index) => {
    const part = key[index] ?? '';
    return isInterval(set) ? meaningOf(type, part) !== null : isSingle(type, part);
  });
}

function isSingle(type: string, part: string | number): boolean {
  return meaningOf(type, part) !== null && !isRange(type, part);
}

const isInterval = ({ flags }: Pick<SetSpec, 'flags'>) => flags?.includes('interval') === true;

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
