import { keyFromJson } from './elements.ts';
import { canonicalJson, isArray, type Json, property } from './json.ts';
import type { Key } from './objects.ts';

/** An element of a set or map as nft lists it. */
export interface ListedElement {
  readonly key: Key;
  /** Where it points to; null in a set. A value that is no address is kept as its JSON text. */
  readonly value: string | null;
  /** The key in the form of the nft that listed it: what a deletion must name. */
  readonly json: Json;
}

/**
 * The elements of a set or map. An element with a comment, timeout or counter is wrapped by nft in an `elem`
 * object; that is taken off.
 */
export function parseElements(elements: Json | undefined, isMap: boolean): ListedElement[] {
  const list = elements === undefined ? [] : isArray(elements) ? elements : [elements];
  return list.map((element) => {
    const [wrappedKey, data] = isMap && isArray(element) ? element : [element];
    const json = unwrap(wrappedKey ?? null);
    return { key: keyFromJson(json), value: data === undefined ? null : valueText(data), json };
  });
}

/** The datatypes of a key or value, in order: nft prints one as text, and several as a list or joined by ` . `. */
export function parseTypes(type: Json | undefined): string[] {
  if (typeof type === 'string') return type.split(' . ');
  return isArray(type) ? type.map(String) : [canonicalJson(type ?? null)];
}

function unwrap(element: Json): Json {
  return property(property(element, 'elem'), 'val') ?? element;
}

function valueText(data: Json): string {
  const value = unwrap(data);
  return typeof value === 'string' ? value : canonicalJson(value);
}
