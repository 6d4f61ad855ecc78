import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isErrno } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { RenderedFile } from './types.ts';

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
  for (const { path, content, mode, owner } of files) {
    if (!differing.includes(path)) continue;
    await openFolder(dirname(path), directory);
    await writeFileAtomic(join(directory, path), content, { mode, owner });
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
    const file = await open(path, 'r');
    try {
      const found = await file.stat();
      return (
        (found.mode & 0o7777) === mode &&
        found.uid === owner.uid &&
        found.gid === owner.gid &&
        (await file.readFile('utf8')) === content
      );
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
