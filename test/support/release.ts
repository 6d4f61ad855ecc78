import { join, resolve } from 'node:path';
import { run, runOk } from '../../agent/system/processes.ts';
import { IMAGES } from './images.ts';
import { onceARun } from './once-a-run.ts';

const project = resolve(import.meta.dirname, '../..');

/** The release that the tests run, as `npm run build` makes it. */
export const dist = join(project, 'dist');
/** Its Node. */
export const node = join(dist, 'bin/node');

/**
 * Builds the release and the images of the embedded stack (kept in .cache), once in a run of a tier, or each time for a file
 * that is run by itself. Resolves to the folder of the images.
 */
export const buildRelease = (): Promise<string> =>
  onceARun('release', async () => {
    const options = { timeoutMs: 120_000, cwd: project, code: 'BUILD_FAILED', hint: '' };
    await runOk(run, join(project, 'node_modules/.bin/node'), ['agent/release/build.ts'], options);
    await runOk(run, node, [join(dist, 'build-images.js'), '--output', IMAGES], options);
    return IMAGES;
  });
