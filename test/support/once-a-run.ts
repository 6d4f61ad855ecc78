import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../../agent/system/errors.ts';
import { readFileIfPresent } from '../../agent/system/files.ts';
import { TIER_DIRECTORY_VARIABLE } from './requirements.ts';

const LOOK_EVERY_MS = 100;

/**
 * Makes something that all files of a tier share: by the first that asks, while those that run beside it wait; each time
 * for a file that is run by itself. What `make` resolves to is kept as JSON. If it fails, the next that asks tries again.
 */
export async function onceARun<T>(name: string, make: () => Promise<T>): Promise<T> {
  const shared = process.env[TIER_DIRECTORY_VARIABLE];
  if (shared === undefined) return make();
  const made = join(shared, `${name}.json`);
  // One for everything that is shared: what is made may stand in the same folders.
  const making = join(shared, 'making');
  while (!(await begins(making))) await sleep(LOOK_EVERY_MS);
  try {
    const kept = await readFileIfPresent(made);
    if (kept !== null) return JSON.parse(kept) as T;
    const result = await make();
    await writeFile(made, JSON.stringify(result));
    return result;
  } finally {
    await rmdir(making);
  }
}

/** A folder is made by one alone (mkdir(2)). */
async function begins(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}
