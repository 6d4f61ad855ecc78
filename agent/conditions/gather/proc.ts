import { readdir, readFile, readlink } from 'node:fs/promises';
import { isErrno } from '../../system/errors.ts';

/** The processes that can be seen below `procDirectory`, by their pid. */
export async function pidsOf(procDirectory: string): Promise<readonly string[]> {
  return (await readdir(procDirectory)).filter((name) => /^\d+$/.test(name));
}

/** A file of a process; null when the process is gone, hidden, or not ours to look into. */
export const readOfProcess = (path: string): Promise<string | null> => unlessHidden(readFile(path, 'utf8'));

/** A link of a process, as `readOfProcess`. */
export const linkOfProcess = (path: string): Promise<string | null> => unlessHidden(readlink(path));

/** The names in a folder of a process, as `readOfProcess`. */
export const namesOfProcess = (path: string): Promise<string[] | null> => unlessHidden(readdir(path));

async function unlessHidden<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].some((code) => isErrno(error, code))) return null;
    throw error;
  }
}
