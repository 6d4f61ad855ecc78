import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NftError } from './errors.ts';
import type { NftDocument } from './transaction.ts';

/**
 * Calls `use` with the path of a file that holds the document, readable by its owner only, and removes the file.
 * A file, because a pipe from Node is a socket, which nft cannot open as /dev/stdin.
 */
export async function withDocumentFile<Result>(
  directory: string,
  document: NftDocument,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  const path = join(directory, `nft-${randomBytes(8).toString('hex')}.json`);
  try {
    await write(path, document);
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
}

async function write(path: string, document: NftDocument): Promise<void> {
  try {
    await writeFile(path, JSON.stringify(document), { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new NftError({
      code: 'NFT_TEMPORARY_FILE',
      message: `The document for nft could not be written to ${path}`,
      hint: 'Check that the directory exists, may be written and has space.',
      transaction: document,
      cause,
    });
  }
}
