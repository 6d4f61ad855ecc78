import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { AgentError, describeError, isErrno } from '../system/errors.ts';
import { readFileIfPresent } from '../system/files.ts';
import type { StackImage } from './types.ts';

/** The manifest below `Paths.images`, written by `agent/release/build-images.ts` after the archives. */
export const IMAGE_MANIFEST = 'images.json';

const HINT = 'Run install.sh again: it builds the images of the stack.';

const manifestSchema = z.object({
  schemaVersion: z.literal(1),
  images: z
    .array(
      z.object({
        service: z.string().min(1),
        reference: z.string().min(1),
        imageId: z.string().regex(/^sha256:[0-9a-f]{64}$/),
        // A plain file name: it is joined to a folder.
        archive: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
        archiveSha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
});

/** The images of the stack. Errors: IMAGES_MISSING (no manifest), IMAGES_INVALID. */
export async function readImages(directory: string): Promise<StackImage[]> {
  const path = join(directory, IMAGE_MANIFEST);
  const text = await readFileIfPresent(path);
  if (text === null) {
    throw new AgentError({ code: 'IMAGES_MISSING', message: `there is no ${path}`, hint: HINT });
  }
  const checked = manifestSchema.safeParse(parseJson(text, path));
  if (checked.success) return checked.data.images;
  throw new AgentError({
    code: 'IMAGES_INVALID',
    message: `${path} is not a manifest of images: ${z.prettifyError(checked.error)}`,
    hint: HINT,
  });
}

/**
 * The path of an image's archive, once its content is the one that the manifest names.
 * Errors: IMAGE_ARCHIVE_MISSING, IMAGE_ARCHIVE_CORRUPT.
 */
export async function verifyArchive(image: StackImage, directory: string): Promise<string> {
  const path = join(directory, image.archive);
  const digest = await sha256OfFile(path);
  if (digest === image.archiveSha256) return path;
  throw new AgentError(
    digest === null
      ? { code: 'IMAGE_ARCHIVE_MISSING', message: `there is no image archive ${path}`, hint: HINT }
      : {
          code: 'IMAGE_ARCHIVE_CORRUPT',
          message: `${path} is not what was built: its SHA-256 is ${digest}, not ${image.archiveSha256}`,
          hint: `${HINT} If it happens again, test the disk: smartctl -a, fsck.`,
        },
  );
}

/** SHA-256 (hex) of a file; null when there is none. */
export async function sha256OfFile(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
  return hash.digest('hex');
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AgentError({
      code: 'IMAGES_INVALID',
      message: `${path} is not JSON: ${describeError(error)}`,
      hint: HINT,
      cause: error,
    });
  }
}
