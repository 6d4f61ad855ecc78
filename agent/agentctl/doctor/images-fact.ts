import { known, unknown } from '../../conditions/findings.ts';
import type { Facts } from '../../conditions/types.ts';
import type { Engine } from '../../engine/types.ts';
import { readImages } from '../../stack/images.ts';
import { describeError } from '../../system/errors.ts';

/**
 * Whether the engine has every image of the manifest, by its reference as the agent looks for it: that carries a hash of
 * the content, and engines differ in what they call an image's id.
 */
export async function gatherImages(
  engine: Pick<Engine, 'imageId'>,
  directory: string,
): Promise<Facts['images']> {
  try {
    const images = await readImages(directory);
    const found = await Promise.all(images.map(({ reference }) => engine.imageId(reference)));
    const missing = images.filter((_, index) => found[index] === null);
    return known({ missing: missing.map(({ reference }) => reference) });
  } catch (error) {
    return unknown(describeError(error));
  }
}
