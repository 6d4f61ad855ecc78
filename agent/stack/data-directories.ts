import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataDirectory } from './types.ts';

/** Makes those that are missing, each for its owner alone. What is in them is left as it is: it may be years old. */
export async function makeDataDirectories(
  directories: readonly DataDirectory[],
  below: string,
): Promise<void> {
  await mkdir(below, { recursive: true, mode: 0o700 });
  for (const { name, owner } of directories) {
    const path = join(below, name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chown(path, owner.uid, owner.gid);
  }
}
