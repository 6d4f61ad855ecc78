import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../system/errors.ts';
import { IMAGE_MANIFEST, readImages } from './images.ts';
import type { StackImage } from './types.ts';

/**
 * The images of every release that is kept on this machine, each with its archive. A release that was built here has no
 * list of its own: its images are those in force. Errors: IMAGES_INVALID.
 */
export async function readKeptImages(releases: string): Promise<readonly StackImage[]> {
  const lists = await Promise.all(
    (await foldersIn(releases)).map((folder) => readImagesIfAny(join(releases, folder))),
  );
  const byReference = new Map(lists.flat().map((image) => [image.reference, image]));
  return [...byReference.values()];
}

async function readImagesIfAny(release: string): Promise<readonly StackImage[]> {
  return (await readdir(release)).includes(IMAGE_MANIFEST) ? readImages(release) : [];
}

async function foldersIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    // What begins with a dot is being copied.
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
