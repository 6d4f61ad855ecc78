import { readdir, readFile } from 'node:fs/promises';
import { isErrno } from '../system/errors.ts';

/** A file of /sys or /proc as it was found; such files may refuse to be read, each in its own way. */
export type Reading =
  | { readonly ok: true; readonly value: string }
  /** e.g. `ENOENT`, `EACCES`, `EINVAL`. */
  | { readonly ok: false; readonly code: string };

/** The content of a small file without the space around it. */
export async function readValue(path: string): Promise<Reading> {
  try {
    return { ok: true, value: (await readFile(path, 'utf8')).trim() };
  } catch (error) {
    return { ok: false, code: codeOf(error) };
  }
}

/** The names in a folder; none when there is no such folder, or a file in its place. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].some((code) => isErrno(error, code))) return [];
    throw error;
  }
}

/** The code of a system error, e.g. `EROFS`. What is no system error is thrown. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}
