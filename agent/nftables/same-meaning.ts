import { canonicalJson, isArray, isObject, type Json } from './json.ts';
import type { ListedSet, ListedTable } from './listed.ts';

/**
 * True when two listings, made by the same nft, mean the same: the same objects and rules, whatever their handles,
 * the values of counters, and the order of objects and elements. Unlike `differences` it also sees a rule that
 * was changed behind its comment, when one listing was taken right after the own commit.
 */
export function sameMeaning(a: ListedTable, b: ListedTable): boolean {
  return a === b || asListed(a) === asListed(b) || meaning(a) === meaning(b);
}

/** Nearly always all but the counters is equal as it stands, which is much sooner found. */
const asListed = ({ counters, ...table }: ListedTable) =>
  JSON.stringify([table, counters.map(({ name }) => name)]);

function meaning(table: ListedTable): string {
  return canonicalJson({
    family: table.family,
    name: table.name,
    flagged: table.flagged,
    counters: sorted(table.counters.map(({ name }) => name)),
    sets: sorted(
      [...table.sets, ...table.maps].map((set) => ({
        ...set,
        flags: sorted(set.flags),
        elements: isDynamic(set) ? [] : sorted(set.elements.map(({ json, value }) => [json, value])),
      })),
    ),
    chains: sorted(
      table.chains.map(({ name, base, rules }) => ({
        name,
        base,
        rules: rules.map(({ comment, expr }) => ({ comment, expr: withoutState([...expr]) })),
      })),
    ),
    others: sorted(
      table.others.map(({ type, definition }) => ({ type, definition: withoutState(definition) })),
    ),
  });
}

/** What is in a set that rules fill is state; nft 1.0.6 lists `timeout` alone of its flags. */
const isDynamic = ({ flags }: ListedSet) => flags.includes('timeout') || flags.includes('dynamic');

/** Values that the kernel changes by itself, or that only say when something was made. */
const STATE = new Set(['handle', 'packets', 'bytes', 'used', 'expires']);

function withoutState(json: Json): Json {
  if (isArray(json)) return json.map(withoutState);
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json)
      .filter(([key]) => !STATE.has(key))
      .map(([key, value]) => [
        key,
        key === 'set' && isArray(value) ? sorted(value.map(withoutState)) : withoutState(value),
      ]),
  );
}

function sorted(list: readonly Json[]): Json[] {
  const texts = list.map((json) => ({ json, text: canonicalJson(json) }));
  return texts.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ json }) => json);
}
