import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A folder of data that the release carries, e.g. `migrations`: it is beside the bundles, and at the top of the
 * sources. Throws when it is at neither, which is a fault of the build.
 */
export function releaseFolder(name: string): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, name);
    if (existsSync(candidate)) return candidate;
  }
  throw new Error(`this release has no folder ${name}`);
}
