/** `npm run images:lock`: asks the registries for the digests of the stack's images, and writes them into the lock. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LOCKED_IMAGES } from '../stack/element-call/image-lock.ts';
import { writeFileAtomic } from '../system/files.ts';
import { updateLock } from './images/update-lock.ts';

const { values } = parseArgs({
  options: {
    // The registry of references without a host, e.g. of a mirror.
    registry: { type: 'string' },
  },
});
const { images, problems } = await updateLock(LOCKED_IMAGES, {
  urlOf: (host) => `https://${host}`,
  withoutHost: values.registry ?? null,
});
const path = join(import.meta.dirname, '../stack/element-call/images.lock.json');
await writeFileAtomic(path, `${JSON.stringify({ images }, null, 2)}\n`, { mode: 0o644 });
for (const { service, reference, digest } of images) {
  process.stdout.write(`${service}: ${reference} ${digest ?? 'unknown'}\n`);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 69;
