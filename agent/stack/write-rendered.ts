import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from '../system/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../system/files.ts';
import { readTurnDatabase, TURN_DATABASE, writeTurnDatabase } from './turn-database.ts';
import type { RenderedFile } from './types.ts';

/** What a rendered file says on disk, null when there is none. */
export async function readRendered(path: string): Promise<string | null> {
  return path.endsWith(TURN_DATABASE) ? readTurnDatabase(path) : readFileIfPresent(path);
}

/** Paths of the files that are missing below `directory` or differ in content, mode or owner. */
export async function renderedDiffers(files: readonly RenderedFile[], directory: string): Promise<string[]> {
  const differing: string[] = [];
  for (const file of files) {
    if (!(await isOnDisk(file, join(directory, file.path)))) differing.push(file.path);
  }
  return differing;
}

/** Writes those files that differ, each as a whole or not at all; returns their paths. */
export async function writeRendered(files: readonly RenderedFile[], directory: string): Promise<string[]> {
  const differing = await renderedDiffers(files, directory);
  for (const file of files) {
    if (!differing.includes(file.path)) continue;
    await openFolder(dirname(file.path), directory);
    const path = join(directory, file.path);
    if (file.path === TURN_DATABASE) await writeTurnDatabase(path, file);
    else await writeFileAtomic(path, file.content, file);
  }
  return differing;
}

/** Containers get whole folders to see, as users of their own: whatever the umask, they may look into them. */
async function openFolder(path: string, directory: string): Promise<void> {
  if (path === '.') return;
  await openFolder(dirname(path), directory);
  await mkdir(join(directory, path), { recursive: true });
  await chmod(join(directory, path), 0o755);
}

async function isOnDisk({ content, mode, owner }: RenderedFile, path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    return (
      (found.mode & 0o7777) === mode &&
      found.uid === owner.uid &&
      found.gid === owner.gid &&
      (await readRendered(path)) === content
    );
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
