import { copyFile, mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import type { LockedImage } from '../../stack/element-call/image-lock.ts';
import { IMAGE_MANIFEST, sha256OfFile } from '../../stack/images.ts';
import type { StackImage } from '../../stack/types.ts';
import { AgentError, describeError } from '../../system/errors.ts';
import { writeFileAtomic } from '../../system/files.ts';
import { type Run, runOk } from '../../system/processes.ts';

/** `manifest.json` of an archive from `docker save` (Docker Image Specification 1.2); newer ones keep it beside OCI's. */
const manifestSchema = z
  .array(z.looseObject({ Config: z.string(), RepoTags: z.array(z.string()).nullable() }))
  .min(1);

/**
 * Takes the archives of a stack's images, `SERVICE.tar` each, into the folder from which the agent loads them. Each must
 * hold the image that the lock names; the manifest, written last, pins it by the SHA-256 that it has now.
 * Error: IMAGE_REFUSED, before anything is written.
 */
export async function importImages(
  run: Run,
  locked: readonly LockedImage[],
  from: string,
  directory: string,
): Promise<readonly StackImage[]> {
  const images: StackImage[] = [];
  for (const image of locked) {
    const there = !image.optional || (await sha256OfFile(archiveOf(image, from))) !== null;
    if (there) images.push(await examine(run, image, from));
  }
  await mkdir(directory, { recursive: true });
  for (const { archive } of images) {
    const temporary = join(directory, `${archive}.tmp`);
    await copyFile(join(from, archive), temporary);
    await rename(temporary, join(directory, archive));
  }
  const manifest = `${JSON.stringify({ schemaVersion: 1, images }, null, 2)}\n`;
  await writeFileAtomic(join(directory, IMAGE_MANIFEST), manifest, { mode: 0o644 });
  return images;
}

const archiveOf = ({ service }: Pick<LockedImage, 'service'>, from: string) => join(from, `${service}.tar`);

async function examine(
  run: Run,
  { service, reference, digest }: LockedImage,
  from: string,
): Promise<StackImage> {
  const path = archiveOf({ service }, from);
  const archive = basename(path);
  const pinned = digest === null ? reference : `${reference}@${digest}`;
  const archiveSha256 = await sha256OfFile(path);
  if (archiveSha256 === null) {
    throw refused(
      `there is no ${path}`,
      `Make it: docker pull ${pinned}; docker tag ${pinned} ${reference}; docker save -o ${path} ${reference}.`,
    );
  }
  const { stdout } = await runOk(run, 'tar', ['-xOf', path, 'manifest.json'], {
    timeoutMs: 120_000,
    code: 'IMAGE_REFUSED',
    hint: `Make ${path} with docker save.`,
  });
  const held = manifestOf(stdout, path).find(({ RepoTags }) => RepoTags?.includes(reference));
  const [id] = /[0-9a-f]{64}/.exec(held?.Config ?? '') ?? [];
  if (id === undefined) {
    throw refused(
      `${path} does not hold ${reference}`,
      `Save it by that name: docker save -o ${path} ${reference}.`,
    );
  }
  return { service, reference, imageId: `sha256:${id}`, archive, archiveSha256 };
}

function manifestOf(text: string, path: string): z.infer<typeof manifestSchema> {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw refused(
      `${path} is no archive of docker save: ${describeError(error)}`,
      'Make it with docker save.',
    );
  }
}

function refused(message: string, hint: string): AgentError {
  return new AgentError({ code: 'IMAGE_REFUSED', message, hint });
}
