import type { Json, JsonObject } from './json.ts';
import type { ChainBase, DynamicSet, Family } from './objects.ts';
import type { Statement } from './statements.ts';

/** An element of a set (no value) or of a map, in the JSON of nft. */
export interface ElementOperand {
  readonly key: Json;
  readonly value?: Json;
  /** The kernel takes it out again after so many seconds; never when absent. */
  readonly timeoutSeconds?: number;
}

/** One command of a transaction, about an object of its table or about the table itself. */
export type Operation =
  /** `create` is refused where `add` finds the table there already. */
  | { readonly verb: 'add' | 'create' | 'delete'; readonly kind: 'table' }
  | { readonly verb: 'add' | 'delete'; readonly kind: 'counter'; readonly name: string }
  | {
      readonly verb: 'add';
      readonly kind: 'set';
      readonly name: string;
      readonly type: readonly string[];
      readonly flags: readonly string[];
      readonly dynamic?: DynamicSet;
    }
  | {
      readonly verb: 'add';
      readonly kind: 'map';
      readonly name: string;
      readonly type: readonly string[];
      readonly map: string;
    }
  | { readonly verb: 'delete' | 'flush'; readonly kind: 'set' | 'map'; readonly name: string }
  | {
      readonly verb: 'add' | 'delete';
      readonly kind: 'element';
      readonly name: string;
      readonly elements: readonly ElementOperand[];
    }
  | { readonly verb: 'add'; readonly kind: 'chain'; readonly name: string; readonly base: ChainBase | null }
  | { readonly verb: 'delete' | 'flush'; readonly kind: 'chain'; readonly name: string }
  | {
      readonly verb: 'add';
      readonly kind: 'rule';
      readonly chain: string;
      readonly comment: string;
      readonly statements: readonly Statement[];
    }
  /** Removal of a kind of object that this library does not make, e.g. `quota`. */
  | { readonly verb: 'delete'; readonly kind: 'other'; readonly type: string; readonly name: string };

/** Commands about one table that nft performs in this order, all or none. */
export interface Transaction {
  readonly family: Family;
  readonly table: string;
  readonly operations: readonly Operation[];
}

/** A document for `nft -j -f`, see libnftables-json(5). */
export interface NftDocument {
  readonly nftables: readonly JsonObject[];
}

/** True when there is nothing to do. */
export function isEmpty(transaction: Transaction): boolean {
  return transaction.operations.length === 0;
}

/** The transaction as a document that nft 1.0.6 and 1.1.x both read. */
export function toDocument(transaction: Transaction): NftDocument {
  const commands = transaction.operations.map((operation) => ({
    [operation.verb]: objectOf(transaction, operation),
  }));
  return { nftables: [{ metainfo: { json_schema_version: 1 } }, ...commands] };
}

function objectOf({ family, table }: Transaction, operation: Operation): JsonObject {
  const place = { family, table };
  switch (operation.kind) {
    case 'table':
      return { table: { family, name: table } };
    case 'counter':
      return { counter: { ...place, name: operation.name } };
    case 'set':
    case 'map':
      return { [operation.kind]: { ...place, name: operation.name, ...definition(operation) } };
    case 'element':
      return { element: { ...place, name: operation.name, elem: operation.elements.map(elementJson) } };
    case 'chain':
      return {
        chain: { ...place, name: operation.name, ...('base' in operation ? hook(operation.base) : {}) },
      };
    case 'rule': {
      const { chain, comment, statements } = operation;
      return { rule: { ...place, chain, comment, expr: statements } };
    }
    case 'other':
      return { [operation.type]: { ...place, name: operation.name } };
  }
}

function definition(operation: Extract<Operation, { kind: 'set' | 'map' }>): JsonObject {
  if (operation.verb !== 'add') return {};
  // A list of one makes nft 1.0.6 expect keys that are concatenations.
  const [single, ...more] = operation.type;
  const type = single !== undefined && more.length === 0 ? single : operation.type;
  if (operation.kind === 'map') return { type, map: operation.map };
  const { flags, dynamic } = operation;
  // nft 1.0.6 refuses the flag `dynamic` in JSON, and sets it by itself for the rule that fills the set.
  if (dynamic) return { type, flags: ['timeout'], timeout: dynamic.timeoutSeconds, size: dynamic.size };
  return flags.length === 0 ? { type } : { type, flags };
}

function hook(base: ChainBase | null): JsonObject {
  if (base === null) return {};
  return { type: base.type, hook: base.hook, prio: base.priority, policy: base.policy };
}

function elementJson({ key, value, timeoutSeconds }: ElementOperand): Json {
  if (timeoutSeconds !== undefined) return { elem: { val: key, timeout: timeoutSeconds } };
  return value === undefined ? key : [key, value];
}
