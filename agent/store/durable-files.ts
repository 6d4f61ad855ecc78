import { closeSync, constants, copyFileSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** Waits until the content of a file, or the entries of a folder, are on the disk. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Puts a complete file in the place of another, so that after a power cut one of the two is there, whole. */
export function replaceFile(complete: string, path: string): void {
  syncToDisk(complete);
  renameSync(complete, path);
  syncToDisk(dirname(path));
}

/** Copies a file to a place where there is none; leaves nothing behind when that fails. */
export function copyToNew(from: string, to: string): void {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  }
}

/** The files of a database in WAL mode (sqlite.org/wal.html), after its name. */
export const DATABASE_SUFFIXES = ['', '-wal', '-shm'];

/** Removes a database that was never finished; nothing happens when there is none. */
export function removeDatabase(path: string): void {
  for (const suffix of DATABASE_SUFFIXES) rmSync(path + suffix, { force: true });
}
