import { type Meaning, meaningOf, partToJson } from './datatypes.ts';
import { canonicalJson, isArray, type Json, property } from './json.ts';
import type { Key, SetSpec } from './objects.ts';

/** A key for people, e.g. `udp . 7882`. */
export function keyText(key: Key): string {
  return key.join(' . ');
}

/**
 * Text that is equal for keys of equal meaning (`tcp` and 6, `fd00:0::5` and `fd00::5`, `1.2.3.0-1.2.3.255` and
 * `1.2.3.0/24`). A part that is no value of its datatype stands for itself.
 */
export function canonicalKey(types: readonly string[], key: Key): string {
  return key.map((part, index) => meaningText(meaningOf(types[index] ?? '', part), part)).join(' . ');
}

/** Text that is equal for map values of equal meaning. */
export function canonicalValue(type: string, value: string): string {
  return canonicalKey([type], [value]);
}

/** True when some packet matches both keys. */
export function keysOverlap(types: readonly string[], a: Key, b: Key): boolean {
  return types.every((type, index) => {
    const [one, other] = [meaningOf(type, a[index] ?? ''), meaningOf(type, b[index] ?? '')];
    if (one === null || other === null) return false;
    if ('text' in one || 'text' in other) return meaningText(one, '') === meaningText(other, '');
    return one.from <= other.to && other.from <= one.to;
  });
}

/** The flags with which a set is declared, but for one that rules fill. */
export function flagsOf({ flags = [], expireSeconds }: Pick<SetSpec, 'flags' | 'expireSeconds'>): string[] {
  return expireSeconds === undefined ? [...flags] : [...flags, 'timeout'];
}

/** The key as libnftables-json(5) writes it. */
export function keyToJson(types: readonly string[], key: Key): Json {
  const parts = key.map((part, index) => partToJson(types[index] ?? '', part));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { concat: parts };
}

/** Reads a key as nft prints it; a form that is not known is kept as its JSON text. */
export function keyFromJson(json: Json): Key {
  const parts = property(json, 'concat');
  return isArray(parts) ? parts.map(partFromJson) : [partFromJson(json)];
}

function partFromJson(json: Json): string | number {
  if (typeof json === 'string' || typeof json === 'number') return json;
  const range = property(json, 'range');
  if (isArray(range) && range.length === 2) return `${String(range[0])}-${String(range[1])}`;
  const prefix = property(json, 'prefix');
  const [address, length] = [property(prefix, 'addr'), property(prefix, 'len')];
  if (typeof address === 'string' && typeof length === 'number') return `${address}/${length}`;
  return canonicalJson(json);
}

function meaningText(meaning: Meaning | null, part: string | number): string {
  if (meaning === null) return `?${part}`;
  return 'text' in meaning ? `'${meaning.text}'` : `${meaning.from}-${meaning.to}`;
}
