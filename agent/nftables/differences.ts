import { type Deviation, deviationsOf } from './deviations.ts';
import { keyText } from './elements.ts';
import type { ListedTable } from './listed.ts';
import type { TableSpec } from './objects.ts';
import { ruleComment } from './rule-identity.ts';

/**
 * What deviates from the spec, one sentence each for a person to read; empty exactly when `convergence` has
 * nothing to do.
 */
export function differences(spec: TableSpec, listed: ListedTable | null): string[] {
  const table = `table ${spec.family} ${spec.name}`;
  if (listed === null) return [`${table} is missing`];
  const flags = listed.flagged ? [`${table} has flags (e.g. dormant), should have none`] : [];
  return [...flags, ...deviationsOf(spec, listed).flatMap((deviation) => sentences(spec, listed, deviation))];
}

function sentences(spec: TableSpec, listed: ListedTable, deviation: Deviation): string[] {
  switch (deviation.kind) {
    case 'missing':
      return [`${deviation.type} ${deviation.name} is missing`];
    case 'surplus':
      return [`${deviation.type} ${deviation.name} should not be there`];
    case 'redefined':
      return [`${deviation.type} ${deviation.name} is ${deviation.is}, should be ${deviation.should}`];
    case 'policy':
      return [`chain ${deviation.chain} has policy ${deviation.is}, should have ${deviation.should.policy}`];
    case 'rules':
      return ruleSentences(spec, listed, deviation.chain).map((text) => `chain ${deviation.chain}: ${text}`);
    case 'element':
      return [elementSentence(deviation)];
  }
}

function elementSentence({ type, name, key, is, should }: Extract<Deviation, { kind: 'element' }>): string {
  const place = `${type} ${name}: ${keyText(key)}`;
  if (is === null) return `${place} is missing`;
  if (should === null) return `${place} should not be there`;
  return `${place} points to ${is.value}, should be ${should.value}`;
}

function ruleSentences(spec: TableSpec, listed: ListedTable, name: string): string[] {
  const wanted = spec.chains.find((chain) => chain.name === name)?.rules ?? [];
  const present = listed.chains.find((chain) => chain.name === name)?.rules ?? [];
  const presentComments = new Set(present.map(({ comment }) => comment));
  const presentIds = new Set(present.map(({ id }) => id));
  const wantedIds = new Set(wanted.map(({ id }) => id));
  const seen = new Set<string>();
  const lacking = wanted.flatMap((rule) => {
    if (presentComments.has(ruleComment(rule))) return [];
    const state = presentIds.has(rule.id) ? 'was made from another definition' : 'is missing';
    return [`rule ${rule.id} ${state}`];
  });
  const foreign = present.flatMap(({ id, handle }) => {
    if (id === null || !wantedIds.has(id))
      return [`rule ${id ?? `with handle ${handle}`} should not be there`];
    if (seen.has(id)) return [`rule ${id} is there more than once`];
    seen.add(id);
    return [];
  });
  const found = [...lacking, ...foreign];
  return found.length > 0 ? found : ['the rules are in another order'];
}
