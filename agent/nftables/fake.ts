import type { Nft } from './client.ts';
import { NftError, type NftErrorCode } from './errors.ts';
import { listingOf } from './fake-listing.ts';
import { emptyTable, type FakeTable, judge, perform, type Refusal } from './fake-table.ts';
import { parseListing } from './listed.ts';
import type { Family } from './objects.ts';
import { type Transaction, toDocument } from './transaction.ts';

/** Rules in memory, for tests of what uses this library. */
export interface FakeNft extends Nft {
  /** What `nft flush ruleset` does. */
  flushRuleset(): void;
  /** Counts packets on a named counter, as traffic would. Throws when there is no such counter. */
  count(where: { family: Family; table: string; counter: string; packets: number; bytes: number }): void;
}

/**
 * An nft without a kernel: all or nothing, and the refusals of the real one for what is missing, in use, there
 * already with another definition, or a loop. It does not judge statements: a match on a protocol in the wrong
 * place, or a dnat in a filter chain, passes here and not there.
 */
export function createFakeNft(): FakeNft {
  const tables = new Map<string, FakeTable>();

  function attempt(transaction: Transaction, code: NftErrorCode): FakeTable | null {
    const { family, table: name, operations } = transaction;
    const present = tables.get(`${family} ${name}`);
    let table = present === undefined ? null : structuredClone(present);
    for (const operation of operations) {
      if (operation.kind === 'table') {
        if (operation.verb === 'delete' && table === null)
          throw refused(transaction, code, 'No such file or directory');
        if (operation.verb === 'create' && table !== null) throw refused(transaction, code, 'File exists');
        table = operation.verb === 'delete' ? null : (table ?? emptyTable());
        continue;
      }
      const refusal = table === null ? 'No such file or directory' : perform(table, operation);
      if (refusal !== null) throw refused(transaction, code, refusal);
    }
    const refusal = table === null ? null : judge(table);
    if (refusal !== null) throw refused(transaction, code, refusal);
    return table;
  }

  return {
    async list(family, name) {
      const table = tables.get(`${family} ${name}`);
      return table === undefined ? null : parseListing(structuredClone(listingOf(family, name, table)));
    },
    async commit(transaction) {
      const key = `${transaction.family} ${transaction.table}`;
      const table = attempt(transaction, 'NFT_COMMIT_FAILED');
      if (table === null) tables.delete(key);
      else tables.set(key, table);
    },
    async check(transaction) {
      attempt(transaction, 'NFT_CHECK_FAILED');
    },
    version: async () => 'fake',
    flushRuleset: () => tables.clear(),
    count({ family, table, counter, packets, bytes }) {
      const values = tables.get(`${family} ${table}`)?.counters.get(counter);
      if (values === undefined) throw new Error(`there is no counter ${counter} in table ${family} ${table}`);
      values.packets += packets;
      values.bytes += bytes;
    },
  };
}

function refused(transaction: Transaction, code: NftErrorCode, words: Refusal): NftError {
  return new NftError({
    code,
    message: `nft refused a change of table ${transaction.family} ${transaction.table}: ${words}`,
    hint: 'Nothing was changed. Another program may have changed the table: list it and work out the change anew.',
    transaction: toDocument(transaction),
    nftOutput: `Error: Could not process rule: ${words}`,
  });
}
