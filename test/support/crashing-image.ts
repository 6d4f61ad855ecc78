import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_MANIFEST, sha256OfFile } from '../../agent/stack/images.ts';
import type { StackImage } from '../../agent/stack/types.ts';
import { writeFileAtomic } from '../../agent/system/files.ts';
import type { Appliance } from './appliance.ts';

/** As a release could bring it: an image of a service that starts, says why it cannot go on, and ends with 3. */
export async function offerCrashingImage({ docker, paths }: Appliance, service: string): Promise<void> {
  const reference = `appliance-agent/${service}:crashes`;
  const entrypoint = '["/usr/bin/node","-e","console.error(`no such option`); process.exit(3)"]';
  const changed = ['--pause=false', '--change', `ENTRYPOINT ${entrypoint}`];
  await docker('commit', ...changed, `appliance-${service}-1`, reference);
  const archive = `${service}-crashes.tar`;
  const path = join(paths.images, archive);
  await docker('save', '--output', path, reference);
  const imageId = (await docker('inspect', '--format', '{{.Id}}', reference)).trim();
  const crashing = { service, reference, imageId, archive, archiveSha256: await sha256OfFile(path) };
  const manifest = join(paths.images, IMAGE_MANIFEST);
  const { images, ...rest } = JSON.parse(await readFile(manifest, 'utf8'));
  const others = images.filter((image: StackImage) => image.service !== service);
  await writeFileAtomic(manifest, JSON.stringify({ ...rest, images: [...others, crashing] }), {
    mode: 0o644,
    durable: false,
  });
}
