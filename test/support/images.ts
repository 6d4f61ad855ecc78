import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { buildImages } from '../../agent/release/images/build.ts';
import { coturnSource, livekitSource } from '../../agent/release/images/sources.ts';
import type { StackImage } from '../../agent/stack/types.ts';
import { run } from '../../agent/system/processes.ts';
import { onceARun } from './once-a-run.ts';
import { DEBIAN_VARIABLE } from './requirements.ts';

const project = resolve(import.meta.dirname, '../..');

/** Where the images are kept: they hold this machine's programs, or those of the Debian that the tests run on. */
export const IMAGES = join(
  project,
  '.cache',
  ['images', process.env[DEBIAN_VARIABLE] ?? []].flat().join('-'),
);

/** Programs without which `testImages` cannot work: give them to `needs`. */
export const IMAGE_COMMANDS = ['turnserver', 'ldd'] as const;

/** The folder of the embedded stack's images, made from this source tree; quick when they are there already. */
export const testImages = (): Promise<{ directory: string; images: readonly StackImage[] }> =>
  onceARun('images', async () => {
    const standin = join(project, '.cache', 'livekit-standin.js');
    await mkdir(IMAGES, { recursive: true });
    await bundleStandin(standin);
    const images = await buildImages(
      [await coturnSource(run, turnserver()), await livekitSource(run, process.execPath, standin)],
      IMAGES,
    );
    return { directory: IMAGES, images };
  });

/** Bundles a stand-in for LiveKit into one file: the demonstration's, unless another one is named. */
export async function bundleStandin(
  outfile: string,
  source = 'agent/stack/embedded/livekit-standin.ts',
): Promise<void> {
  await build({
    entryPoints: [join(project, source)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Packages in CommonJS ask for Node's own modules by it.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

/** As found on PATH, so that an unpacked coturn will do. */
export function turnserver(): string {
  const [first] = (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, 'turnserver'))
    .filter(existsSync);
  if (first === undefined) throw new Error('no turnserver on PATH: apt-get install coturn');
  return first;
}
