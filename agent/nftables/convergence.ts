import { deviationsOf } from './deviations.ts';
import type { ListedTable } from './listed.ts';
import type { Family, TableSpec } from './objects.ts';
import { checkSpec } from './specification.ts';
import { operationsFor } from './table-operations.ts';
import { everythingAnew, workFor } from './table-work.ts';
import type { Operation, Transaction } from './transaction.ts';

/**
 * What turns the listed table (null: there is none) into the spec, as one atomic transaction; empty when it has
 * converged. It does as little as it can: elements one by one, the rules of a chain together, a chain, set or map
 * anew only when its declaration differs. Whatever else is in the table is removed. Named counters keep their
 * values, except when the table itself is missing or has flags.
 * Throws NFT_SPEC_INVALID.
 */
export function convergence(spec: TableSpec, listed: ListedTable | null): Transaction {
  checkSpec(spec);
  if (listed === null || listed.flagged) return fromNothing(spec);
  return transactionFor(spec, operationsFor(spec, listed, workFor(deviationsOf(spec, listed))));
}

/**
 * Like `convergence`, but believes nothing that it cannot see from comments: every chain, set and map is made anew
 * in one atomic transaction. For a table in which somebody changed a rule and kept its comment (see
 * `sameMeaning`). Named counters keep their values.
 * Throws NFT_SPEC_INVALID.
 */
export function replacement(spec: TableSpec, listed: ListedTable | null): Transaction {
  checkSpec(spec);
  if (listed === null || listed.flagged) return fromNothing(spec);
  return transactionFor(spec, operationsFor(spec, listed, everythingAnew(spec, listed)));
}

/**
 * Makes the table where there is none; the kernel refuses all of it where there is one, whatever is in it. For a
 * document that is kept and loaded later, by somebody who cannot compare.
 * Throws NFT_SPEC_INVALID.
 */
export function creation(spec: TableSpec): Transaction {
  checkSpec(spec);
  return transactionFor(spec, [{ verb: 'create', kind: 'table' }, ...allOf(spec)]);
}

/** Removes the table and all that is in it; succeeds also when there is none. */
export function removal(family: Family, name: string): Transaction {
  return { family, table: name, operations: REMOVE };
}

// `destroy` is unknown to nft 1.0.6, and `delete` alone fails when there is no table.
const REMOVE: readonly Operation[] = [
  { verb: 'add', kind: 'table' },
  { verb: 'delete', kind: 'table' },
];

/** Removes first: should another process have made the table meanwhile, its rules would else be doubled. */
function fromNothing(spec: TableSpec): Transaction {
  return transactionFor(spec, [...REMOVE, { verb: 'add', kind: 'table' }, ...allOf(spec)]);
}

/** What makes everything in a table that is empty. */
function allOf(spec: TableSpec): readonly Operation[] {
  const nothing: ListedTable = {
    family: spec.family,
    name: spec.name,
    flagged: false,
    chains: [],
    sets: [],
    maps: [],
    counters: [],
    others: [],
  };
  return operationsFor(spec, nothing, workFor(deviationsOf(spec, nothing)));
}

function transactionFor(spec: TableSpec, operations: readonly Operation[]): Transaction {
  return { family: spec.family, table: spec.name, operations };
}
