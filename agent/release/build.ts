/** `npm run build`: makes `dist/`, the release that install.sh puts on an appliance. It appears whole or not at all. */
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildRelease } from './build-release.ts';

const project = resolve(import.meta.dirname, '../..');
const building = join(project, '.cache', 'dist-building');
const dist = join(project, 'dist');

try {
  await rm(building, { recursive: true, force: true });
  const release = await buildRelease(project, building);
  await rm(dist, { recursive: true, force: true });
  await rename(building, dist);
  process.stdout.write(`dist: release ${release}\n`);
} catch (error) {
  // Without the stack: what esbuild says about a source file is all that helps.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
