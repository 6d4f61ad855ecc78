import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_MANIFEST, readImages, sha256OfFile } from '../../stack/images.ts';
import type { StackImage } from '../../stack/types.ts';
import { AgentError } from '../../system/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../../system/files.ts';
import { tarStream } from '../../system/tar.ts';
import { describeImage, type Image, type ImageSource } from './image.ts';

export interface BuiltImage extends StackImage {
  readonly changed: boolean;
}

/**
 * Writes an archive for each source into `directory`, and the manifest that names them, `list`. What is there and right
 * is not written again; what an earlier manifest named stays, for another release may use it. The manifest comes after
 * the archives: while it names an archive, the archive is there and whole.
 */
export async function buildImages(
  sources: readonly ImageSource[],
  directory: string,
  list = join(directory, IMAGE_MANIFEST),
): Promise<BuiltImage[]> {
  await mkdir(directory, { recursive: true });
  const former = await formerImages(directory);
  const built: BuiltImage[] = [];
  for (const source of sources) built.push(await buildImage(await describeImage(source), directory, former));
  const images = built.map(({ changed: _, ...image }) => image);
  const manifest = `${JSON.stringify({ schemaVersion: 1, images }, null, 2)}\n`;
  if (manifest !== (await readFileIfPresent(list))) await writeFileAtomic(list, manifest, { mode: 0o644 });
  return built;
}

/** What an earlier run made; nothing when its manifest is missing or damaged, and all is made anew. */
async function formerImages(directory: string): Promise<readonly StackImage[]> {
  try {
    return await readImages(directory);
  } catch (error) {
    if (error instanceof AgentError) return [];
    throw error;
  }
}

async function buildImage(
  image: Image,
  directory: string,
  former: readonly StackImage[],
): Promise<BuiltImage> {
  const { service, reference, imageId } = image;
  // By content: the archives of two releases stand beside each other.
  const archive = `${service}-${imageId.slice('sha256:'.length, 'sha256:'.length + 12)}.tar`;
  const path = join(directory, archive);
  const before = former.find((candidate) => candidate.archive === archive && candidate.imageId === imageId);
  if (before !== undefined && before.archiveSha256 === (await sha256OfFile(path))) {
    return { ...before, changed: false };
  }
  return {
    service,
    reference,
    imageId,
    archive,
    archiveSha256: await writeArchive(image, path),
    changed: true,
  };
}

/** Writes an archive beside its place, to disk, then puts it there; returns its SHA-256. */
async function writeArchive({ archive }: Image, path: string): Promise<string> {
  // Always the same name: what a killed build left behind is large, and is overwritten.
  const temporary = `${path}.tmp`;
  const hash = createHash('sha256');
  const file = await open(temporary, 'w', 0o644);
  try {
    for await (const chunk of tarStream(archive)) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return hash.digest('hex');
}
