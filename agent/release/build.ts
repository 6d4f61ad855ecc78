/**
 * `npm run build`: makes `dist/`, the release that install.sh puts on an appliance. It is complete (its own Node, its
 * own native addon) and the same, byte for byte, for the same sources and lockfile. It appears whole or not at all.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DEFAULT_CONFIG_TEXT } from '../config/default-config.ts';
import { bundlePrograms } from './bundle.ts';
import { contentHash } from './content-hash.ts';
import { copyRuntime } from './runtime.ts';

const project = resolve(import.meta.dirname, '../..');
const building = join(project, '.cache', 'dist-building');
const dist = join(project, 'dist');

try {
  await buildRelease();
} catch (error) {
  // Without the stack: what esbuild says about a source file is all that helps.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function buildRelease(): Promise<void> {
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true });
  await bundlePrograms(project, building);
  await copyRuntime(project, building);
  await writeFile(join(building, 'appliance.yaml'), DEFAULT_CONFIG_TEXT);

  const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as { version: string };
  const release = `${version}-${(await contentHash(building)).slice(0, 12)}`;
  await writeFile(join(building, 'VERSION'), `${release}\n`);

  await rm(dist, { recursive: true, force: true });
  await rename(building, dist);
  process.stdout.write(`dist: release ${release}\n`);
}
