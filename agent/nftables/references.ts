import { isArray, isObject, type Json, property } from './json.ts';

/** A named object that a rule or a map refers to; it cannot be deleted while the reference stands. */
export interface Reference {
  /** `map` where only a map will do, `collection` where a set or a map is meant. */
  readonly kind: 'chain' | 'counter' | 'map' | 'collection';
  readonly name: string;
}

/** Every reference in the statements of a rule, as given or as listed. */
export function referencesOf(json: Json): Reference[] {
  if (typeof json === 'string') {
    return json.startsWith('@') ? [{ kind: 'collection', name: json.slice(1) }] : [];
  }
  if (isArray(json)) return json.flatMap(referencesOf);
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([key, value]): Reference[] => {
    const target = property(value, 'target');
    if ((key === 'jump' || key === 'goto') && typeof target === 'string')
      return [{ kind: 'chain', name: target }];
    if (key === 'counter' && typeof value === 'string') return [{ kind: 'counter', name: value }];
    const data = property(value, 'data');
    if (key === 'map' && typeof data === 'string' && data.startsWith('@')) {
      return [{ kind: 'map', name: data.slice(1) }, ...referencesOf(property(value, 'key') ?? null)];
    }
    return referencesOf(value);
  });
}
