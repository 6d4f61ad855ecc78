import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from './errors.ts';

export interface FileAttributes {
  /** Permission bits, e.g. 0o600. */
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** False for files under /run, which are in memory, and gone after a power cut anyway. Default true. */
  readonly durable?: boolean;
}

/**
 * Replaces a file so that a reader, or the next boot, sees the old content or the new, never a part:
 * write beside it, fsync, rename, fsync the directory. One that need not be durable is written at once.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  attributes: FileAttributes,
) {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  if (attributes.durable === false) {
    replaceInMemory(path, temporary, content, attributes);
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  try {
    await withFile(temporary, 'wx', attributes.mode, async (file) => {
      await file.writeFile(content);
      await file.chmod(attributes.mode);
      if (attributes.owner) await file.chown(attributes.owner.uid, attributes.owner.gid);
      await file.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncPath(dirname(path));
}

/** As `readKernelFile`: a pool of threads would take longer to hand it over than the kernel to take it. */
function replaceInMemory(
  path: string,
  temporary: string,
  content: string | Uint8Array,
  { mode, owner }: FileAttributes,
): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(file, content);
      fchmodSync(file, mode);
      if (owner) fchownSync(file, owner.uid, owner.gid);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The name of a file that `writeFileAtomic` has not finished. */
const UNFINISHED = /\.[0-9a-f]{12}\.tmp$/;

/** Removes what writes that a power cut ended left in a folder. Nobody else may be writing there. */
export async function removeUnfinished(
  directory: string,
  options: { recursive?: boolean } = {},
): Promise<void> {
  for (const name of await namesIn(directory, options))
    if (UNFINISHED.test(name)) await rm(join(directory, name), { force: true });
}

/** Waits until the content of a file, or the entries of a folder, are on the disk. */
export function syncPath(path: string): Promise<void> {
  return withFile(path, 'r', undefined, (file) => file.sync());
}

/** The text of a file, or null when there is none. */
export async function readFileIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * The text of a small file of /proc or /sys, or null when there is none. Read at once: the kernel answers out of memory,
 * and a pool of threads would take ten times as long to hand it over.
 */
export function readKernelFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

async function withFile(
  path: string,
  flags: string,
  mode: number | undefined,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

/** What a folder holds, by name, with `recursive` by path; nothing when there is no such folder. */
export async function namesIn(directory: string, options: { recursive?: boolean } = {}): Promise<string[]> {
  try {
    return await readdir(directory, options);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
