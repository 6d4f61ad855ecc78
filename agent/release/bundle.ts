import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

/** Loaded as packages at run time: the loader of the native addon looks for its prebuild beside itself. */
const EXTERNAL = ['better-sqlite3'];

/**
 * CommonJS packages inside an ES module call `require` for Node's own modules; without this line esbuild's stand-in
 * for it throws `Dynamic require of "os" is not supported`.
 */
const REQUIRE =
  "import{createRequire as $createRequire}from'node:module';const require=$createRequire(import.meta.url);";

/** Programs that are one file each: the stand-in is copied alone into an image. */
const SINGLE_FILES = {
  agent: 'agent/main.ts',
  'build-images': 'agent/release/build-images.ts',
  tune: 'agent/hardware/tune.ts',
  'livekit-standin': 'agent/stack/embedded/livekit-standin.ts',
};

/**
 * Bundles the programs of the release into `output` as ES modules for Node 24. agentctl is split, so that a command
 * loads what it needs and no more: `agentctl status` must be quick on a slow machine.
 */
export async function bundlePrograms(project: string, output: string): Promise<void> {
  const common: BuildOptions = {
    absWorkingDir: project,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: EXTERNAL,
    banner: { js: REQUIRE },
    legalComments: 'eof',
    logLevel: 'warning',
  };
  await build({ ...common, entryPoints: SINGLE_FILES, outdir: output });
  await build({
    ...common,
    entryPoints: { agentctl: 'agent/agentctl/main.ts' },
    outdir: output,
    splitting: true,
    chunkNames: join('agentctl', '[name]-[hash]'),
  });
}
