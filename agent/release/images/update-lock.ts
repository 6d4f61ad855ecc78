import type { LockedImage } from '../../stack/element-call/image-lock.ts';
import { AgentError } from '../../system/errors.ts';
import { digestOf } from './registry.ts';

/** Where registries are: that of a reference with a host at its front, and that of one without. */
export interface Registries {
  readonly urlOf: (host: string) => string;
  /** Null when there is none to ask. */
  readonly withoutHost: string | null;
}

/** Asks the registry of each image what its tag leads to. What cannot be asked stays as it is, and `problems` says why. */
export async function updateLock(
  images: readonly LockedImage[],
  registries: Registries,
): Promise<{ readonly images: readonly LockedImage[]; readonly problems: readonly string[] }> {
  const updated: LockedImage[] = [];
  const problems: string[] = [];
  for (const image of images) {
    try {
      updated.push(await asked(image, registries));
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      problems.push(`${image.service}: ${error.message}`);
      updated.push(image);
    }
  }
  return { images: updated, problems };
}

async function asked(image: LockedImage, registries: Registries): Promise<LockedImage> {
  const { base, repository, tag } = placeOf(image.reference, registries);
  const digest = await digestOf(base, repository, tag);
  // The same digest keeps the source that was cited for it.
  return digest === image.digest ? image : { ...image, digest, source: `the registry, asked for ${tag}` };
}

function placeOf(reference: string, { urlOf, withoutHost }: Registries) {
  const [, name = '', tag = ''] = /^(.*):([^:/]+)$/.exec(reference) ?? [];
  const [first = '', ...rest] = name.split('/');
  // As Docker tells a host from the first part of a name: by a dot or a port in it.
  if (rest.length > 0 && /[.:]/.test(first)) return { base: urlOf(first), repository: rest.join('/'), tag };
  if (withoutHost === null) {
    throw new AgentError({
      code: 'REGISTRY_FAILED',
      message: `no registry was named for ${reference}`,
      hint: 'Name the registry of images without a host: npm run images:lock -- --registry URL.',
    });
  }
  return { base: withoutHost, repository: rest.length === 0 ? `library/${name}` : name, tag };
}
