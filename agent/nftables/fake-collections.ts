import { isRange, meaningOf } from './datatypes.ts';
import { canonicalKey, canonicalValue, keyFromJson, keysOverlap, keyText } from './elements.ts';
import type { Refusal } from './fake-table.ts';
import type { Json } from './json.ts';
import type { DynamicSet } from './objects.ts';
import type { ElementOperand, Operation } from './transaction.ts';

/** A set or map in memory. */
export interface FakeCollection {
  readonly type: readonly string[];
  readonly flags: readonly string[];
  /** Of a set that rules fill. */
  readonly dynamic: DynamicSet | null;
  /** Type of the values; null for a set. */
  readonly map: string | null;
  /** By canonical key. */
  readonly elements: Map<string, { readonly key: Json; readonly value: Json | null }>;
}

export function collectionKind({ map }: FakeCollection): 'set' | 'map' {
  return map === null ? 'set' : 'map';
}

/** True when adding it again changes nothing. */
export function sameDefinition(
  present: FakeCollection,
  added: Extract<Operation, { kind: 'set' | 'map'; verb: 'add' }>,
): boolean {
  if (collectionKind(present) !== added.kind || keyText(present.type) !== keyText(added.type)) return false;
  // nft 1.0.6 says `File exists` of a set that rules fill, even to the same definition.
  if (present.dynamic !== null || (added.kind === 'set' && added.dynamic)) return false;
  return added.kind === 'map' ? present.map === added.map : present.flags.join() === added.flags.join();
}

/** Adds or deletes the elements; the refusal of the first that cannot be. */
export function changeElements(
  collection: FakeCollection | undefined,
  { verb, elements }: Extract<Operation, { kind: 'element' }>,
): Refusal | null {
  if (collection === undefined) return 'No such file or directory';
  for (const element of elements) {
    const refusal = verb === 'add' ? addElement(collection, element) : deleteElement(collection, element);
    if (refusal !== null) return refusal;
  }
  return null;
}

function addElement(collection: FakeCollection, { key, value = null }: ElementOperand): Refusal | null {
  if (!isKey(collection, key) || (value === null) !== (collection.map === null)) return 'Invalid argument';
  const canonical = canonicalKey(collection.type, keyFromJson(key));
  const present = collection.elements.get(canonical);
  if (present !== undefined) return sameValue(collection, present.value, value) ? null : 'File exists';
  const others = collection.flags.includes('interval') ? [...collection.elements.values()] : [];
  if (others.some((other) => keysOverlap(collection.type, keyFromJson(other.key), keyFromJson(key)))) {
    return 'File exists';
  }
  collection.elements.set(canonical, { key, value });
  return null;
}

function deleteElement(collection: FakeCollection, { key }: ElementOperand): Refusal | null {
  if (!isKey(collection, key)) return 'Invalid argument';
  return collection.elements.delete(canonicalKey(collection.type, keyFromJson(key)))
    ? null
    : 'No such file or directory';
}

function isKey({ type, flags }: FakeCollection, json: Json): boolean {
  const key = keyFromJson(json);
  if (key.length !== type.length) return false;
  return type.every((datatype, index) => {
    const part = key[index] ?? '';
    return meaningOf(datatype, part) !== null && (flags.includes('interval') || !isRange(datatype, part));
  });
}

function sameValue({ map }: FakeCollection, a: Json, b: Json): boolean {
  return canonicalValue(map ?? '', String(a)) === canonicalValue(map ?? '', String(b));
}
