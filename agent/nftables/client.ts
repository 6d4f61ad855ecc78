import { withDocumentFile } from './document-file.ts';
import { NftError, type NftErrorCode } from './errors.ts';
import { isArray, isObject, type Json, property } from './json.ts';
import { type ListedTable, parseListing } from './listed.ts';
import type { Family } from './objects.ts';
import {
  NFT_PROGRAM,
  type NftProcess,
  outputOf,
  type ProcessResult,
  type RunProcess,
  runNft,
} from './process.ts';
import { isEmpty, type Transaction, toDocument } from './transaction.ts';

/**
 * The rules of one network namespace. Every method may reject with NftError NFT_MISSING, NFT_NOT_PERMITTED or
 * NFT_NOT_RUN.
 */
export interface Nft {
  /** The table with all that is in it, null when there is none. Errors: NFT_LIST_FAILED, NFT_LISTING_UNREADABLE. */
  list(family: Family, name: string): Promise<ListedTable | null>;
  /**
   * Performs all of the transaction or none of it. Error: NFT_COMMIT_FAILED; its hint says whether that is none for
   * certain.
   */
  commit(transaction: Transaction): Promise<void>;
  /** Asks nft and the kernel whether they would take it, and changes nothing. Error: NFT_CHECK_FAILED. */
  check(transaction: Transaction): Promise<void>;
  /** Version of nft, e.g. `1.0.6`. */
  version(): Promise<string>;
}

export interface NftOptions {
  readonly run: RunProcess;
  /** Where documents are written for nft to read; it must exist. */
  readonly temporaryDirectory: string;
  /** Program and first arguments, e.g. `['ip', 'netns', 'exec', NAME, NFT_PROGRAM]`. Default `[NFT_PROGRAM]`. */
  readonly command?: readonly string[];
  /** Limit for one run of nft. Default 10 s. */
  readonly timeoutMs?: number;
}

const REFUSED =
  'Nothing was changed. Another program may have changed the table: list it and work out the change anew.';

/** The real nft(8), by its JSON interface. */
export function createNft(options: NftOptions): Nft {
  const nft: NftProcess = {
    run: options.run,
    command: options.command ?? [NFT_PROGRAM],
    timeoutMs: options.timeoutMs ?? 10_000,
  };
  let identified = false;

  /** Before the first use: another program of that name may exit 0 and do nothing. */
  async function identify(): Promise<void> {
    if (!identified) await readVersion(nft);
    identified = true;
  }

  async function perform(
    flags: readonly string[],
    transaction: Transaction,
    code: NftErrorCode,
  ): Promise<void> {
    if (isEmpty(transaction)) return;
    await identify();
    const document = toDocument(transaction);
    const result = await withDocumentFile(options.temporaryDirectory, document, (path) =>
      runNft(nft, [...flags, '-j', '-f', path], document),
    );
    if (result.exitCode === 0) return;
    const table = `table ${transaction.family} ${transaction.table}`;
    throw new NftError({
      code,
      ...(result.exitCode === null
        ? {
            message: `nft ended by a signal at a change of ${table}`,
            hint: 'List the table: all of it or none was changed.',
          }
        : { message: `nft refused a change of ${table}: ${outcome(result)}`, hint: REFUSED }),
      transaction: document,
      nftOutput: outputOf(result),
    });
  }

  return {
    async list(family, name) {
      await identify();
      const result = await runNft(nft, ['-j', 'list', 'table', family, name]);
      if (result.exitCode === 0) return parseListing(parseJson(result));
      if (!(await hasTable(nft, family, name))) return null;
      throw listFailed(`table ${family} ${name}`, result);
    },
    commit: (transaction) => perform([], transaction, 'NFT_COMMIT_FAILED'),
    check: (transaction) => perform(['-c'], transaction, 'NFT_CHECK_FAILED'),
    version: () => readVersion(nft),
  };
}

async function readVersion(nft: NftProcess): Promise<string> {
  const result = await runNft(nft, ['--version']);
  const version = /^nftables v(\d+(?:\.\d+)+)/.exec(result.stdout)?.[1];
  if (result.exitCode === 0 && version !== undefined) return version;
  throw new NftError({
    code: 'NFT_MISSING',
    message: `${nft.command.join(' ')} is not nftables: asked for its version it answered ${outcome(result)}`,
    hint: 'Install the package nftables. The npm package @vercel/nft has a program of the same name.',
    nftOutput: outputOf(result),
  });
}

/** "No such file or directory" has many causes, in several programs: the list of tables cannot be misread. */
async function hasTable(nft: NftProcess, family: Family, name: string): Promise<boolean> {
  const result = await runNft(nft, ['-j', 'list', 'tables', family]);
  if (result.exitCode !== 0) throw listFailed(`the tables of family ${family}`, result);
  const objects = property(parseJson(result), 'nftables');
  if (!isArray(objects)) throw listFailed(`the tables of family ${family}`, result);
  return objects.some((object) => {
    const table = property(object, 'table');
    return isObject(table) && table.family === family && table.name === name;
  });
}

function parseJson(result: ProcessResult): Json {
  try {
    return JSON.parse(result.stdout);
  } catch (cause) {
    throw new NftError({
      code: 'NFT_LISTING_UNREADABLE',
      message: 'What nft printed is not JSON',
      hint: 'Check that nft was built with JSON support: nft -j list tables',
      nftOutput: outputOf(result),
      cause,
    });
  }
}

function listFailed(what: string, result: ProcessResult): NftError {
  return new NftError({
    code: 'NFT_LIST_FAILED',
    message: `nft could not list ${what}: ${outcome(result)}`,
    hint: 'Run the same by hand: nft -j list tables; nft -j list table FAMILY NAME',
    nftOutput: outputOf(result),
  });
}

function outcome(result: ProcessResult): string {
  return (
    outputOf(result) || (result.exitCode === null ? 'a signal ended it' : `it exited ${result.exitCode}`)
  );
}
