import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../system/errors.ts';

// What the kernel answers out of its own tables is read at once: of each of some hundred processes a few bytes, which a
// pool of threads takes ten times as long to hand over as the kernel to tell.

/** The processes that can be seen below `procDirectory`, by their pid. */
export function pidsOf(procDirectory: string): readonly string[] {
  return readdirSync(procDirectory).filter((name) => /^\d+$/.test(name));
}

/** The name of a process (proc_pid_comm(5)); null when it is gone, hidden, or not ours to look into. */
export const nameOfProcess = (directory: string): string | null =>
  unlessHidden(() => readFileSync(join(directory, 'comm'), 'utf8').trim());

/** A link of a process, as `nameOfProcess`. */
export const linkOfProcess = (path: string): string | null => unlessHidden(() => readlinkSync(path));

/** The names in a folder of a process, as `nameOfProcess`. */
export const namesOfProcess = (path: string): readonly string[] | null =>
  unlessHidden(() => readdirSync(path));

/** A file of a process, as `nameOfProcess`: for what the kernel may have to wait for, as a process's memory. */
export async function readOfProcess(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return nullIfHidden(error);
  }
}

function unlessHidden<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    return nullIfHidden(error);
  }
}

function nullIfHidden(error: unknown): null {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].some((code) => isErrno(error, code))) return null;
  throw error;
}
