import { known, unknown } from '../../conditions/findings.ts';
import type { Facts } from '../../conditions/types.ts';
import type { Engine } from '../../engine/types.ts';
import { readImages } from '../../stack/images.ts';
import { describeError } from '../../system/errors.ts';

/** Whether the engine has every image of the manifest, by its id: a reference alone may name another image. */
export async function gatherImages(
  engine: Pick<Engine, 'imageId'>,
  directory: string,
): Promise<Facts['images']> {
  try {
    const images = await readImages(directory);
    const found = await Promise.all(images.map(({ reference }) => engine.imageId(reference)));
    const missing = images.filter(({ imageId }, index) => found[index] !== imageId);
    return known({ missing: missing.map(({ reference }) => reference) });
  } catch (error) {
    return unknown(describeError(error));
  }
}
