import { changeElements, collectionKind, type FakeCollection, sameDefinition } from './fake-collections.ts';
import type { Json } from './json.ts';
import type { ChainBase } from './objects.ts';
import { type Reference, referencesOf } from './references.ts';
import { baseFault } from './specification.ts';
import type { Operation } from './transaction.ts';

/** A table in memory. */
export interface FakeTable {
  readonly counters: Map<string, { packets: number; bytes: number }>;
  readonly collections: Map<string, FakeCollection>;
  readonly chains: Map<string, FakeChain>;
  lastHandle: number;
}

interface FakeChain {
  base: ChainBase | null;
  rules: { readonly handle: number; readonly comment: string; readonly expr: readonly Json[] }[];
}

/** The kernel's words for why it refuses. */
export type Refusal =
  | 'No such file or directory'
  | 'File exists'
  | 'Device or resource busy'
  | 'Operation not supported'
  | 'Invalid argument'
  | 'Too many links';

export function emptyTable(): FakeTable {
  return { counters: new Map(), collections: new Map(), chains: new Map(), lastHandle: 0 };
}

/** Changes the table as the kernel would; the refusal, and a table to throw away, when the kernel would refuse. */
export function perform(table: FakeTable, operation: Exclude<Operation, { kind: 'table' }>): Refusal | null {
  switch (operation.kind) {
    case 'counter':
      return changeCounter(table, operation);
    case 'set':
    case 'map':
      return changeCollection(table, operation);
    case 'element':
      return changeElements(table.collections.get(operation.name), operation);
    case 'chain':
      return changeChain(table, operation);
    case 'rule':
      return addRule(table, operation);
    case 'other':
      return 'No such file or directory';
  }
}

type Of<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>;

function changeCounter({ counters, chains }: FakeTable, { verb, name }: Of<'counter'>): Refusal | null {
  if (verb === 'add') {
    if (!counters.has(name)) counters.set(name, { packets: 0, bytes: 0 });
    return null;
  }
  if (!counters.has(name)) return 'No such file or directory';
  if (isReferred(chains, ['counter'], name)) return 'Device or resource busy';
  counters.delete(name);
  return null;
}

function changeCollection({ collections, chains }: FakeTable, operation: Of<'set' | 'map'>): Refusal | null {
  const { name } = operation;
  const present = collections.get(name);
  if (operation.verb === 'add') {
    if (present !== undefined) return sameDefinition(present, operation) ? null : 'File exists';
    const { type } = operation;
    const [flags, map] = operation.kind === 'map' ? [[], operation.map] : [operation.flags, null];
    const dynamic = operation.kind === 'set' ? (operation.dynamic ?? null) : null;
    collections.set(name, { type, flags: dynamic ? ['timeout'] : flags, dynamic, map, elements: new Map() });
    return null;
  }
  if (present === undefined || collectionKind(present) !== operation.kind) return 'No such file or directory';
  if (operation.verb === 'flush') {
    present.elements.clear();
    return null;
  }
  if (isReferred(chains, ['map', 'collection'], name)) return 'Device or resource busy';
  collections.delete(name);
  return null;
}

function changeChain({ chains }: FakeTable, operation: Of<'chain'>): Refusal | null {
  const { name } = operation;
  const present = chains.get(name);
  if (operation.verb === 'add') return addChain(chains, present, operation);
  if (present === undefined) return 'No such file or directory';
  if (operation.verb === 'flush') {
    present.rules = [];
    return null;
  }
  if (isReferred(chains, ['chain'], name)) return 'Device or resource busy';
  chains.delete(name);
  return null;
}

function addChain(
  chains: FakeTable['chains'],
  present: FakeChain | undefined,
  { name, base }: Extract<Operation, { kind: 'chain'; verb: 'add' }>,
): Refusal | null {
  if (base !== null && baseFault(base) !== null) return 'Operation not supported';
  if (present === undefined) {
    chains.set(name, { base, rules: [] });
    return null;
  }
  if (base === null) return null;
  const { type, hook, priority } = present.base ?? {};
  if (type !== base.type || hook !== base.hook || priority !== base.priority)
    return 'Operation not supported';
  present.base = base;
  return null;
}

function addRule(table: FakeTable, { chain: name, comment, statements }: Of<'rule'>): Refusal | null {
  const chain = table.chains.get(name);
  if (chain === undefined) return 'No such file or directory';
  for (const reference of referencesOf(statements)) {
    const refusal = resolve(table, reference);
    if (refusal !== null) return refusal;
  }
  table.lastHandle += 1;
  chain.rules.push({ handle: table.lastHandle, comment, expr: statements });
  return null;
}

function resolve({ chains, counters, collections }: FakeTable, { kind, name }: Reference): Refusal | null {
  if (kind === 'chain') {
    const target = chains.get(name);
    if (target === undefined) return 'No such file or directory';
    return target.base === null ? null : 'Operation not supported';
  }
  if (kind === 'counter') return counters.has(name) ? null : 'No such file or directory';
  const collection = collections.get(name);
  if (collection === undefined) return 'No such file or directory';
  return kind === 'map' && collection.map === null ? 'Invalid argument' : null;
}

/** Jumps of a packet that the kernel allows (NFT_JUMP_STACK_SIZE). */
const MAX_JUMPS = 16;

/** What the kernel looks at once a whole transaction is in: no packet may jump for ever. */
export function judge({ chains }: FakeTable): Refusal | null {
  const goesTooDeep = (name: string, depth: number): boolean =>
    depth >= MAX_JUMPS ||
    [...jumpsOf(chains.get(name)?.rules ?? [])].some((target) => goesTooDeep(target, depth + 1));
  const tooDeep = [...chains].some(([name, { base }]) => base !== null && goesTooDeep(name, 0));
  return tooDeep ? 'Too many links' : null;
}

function jumpsOf(rules: FakeChain['rules']): Set<string> {
  const references = referencesOf(rules.map(({ expr }) => expr));
  return new Set(references.flatMap(({ kind, name }) => (kind === 'chain' ? [name] : [])));
}

function isReferred(chains: FakeTable['chains'], kinds: readonly Reference['kind'][], name: string): boolean {
  const rules = [...chains.values()].flatMap((chain) => chain.rules);
  return referencesOf(rules.map(({ expr }) => expr)).some(
    (reference) => kinds.includes(reference.kind) && reference.name === name,
  );
}
