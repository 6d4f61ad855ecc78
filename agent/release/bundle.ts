import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';

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
  'build-images': 'agent/release/build-images.ts',
  'docker-setting': 'agent/release/docker-setting.ts',
  'import-images': 'agent/release/import-images.ts',
  'media-probe': 'agent/probes/media/media-probe-process.ts',
  site: 'agent/provision/site/main.ts',
  tune: 'agent/hardware/tune.ts',
  'verify-request': 'agent/agentctl/verify/request-process.ts',
  'livekit-standin': 'agent/stack/embedded/livekit-standin.ts',
};

/** What node-cron reads the calendar by costs the agent 8 MiB, and its beats need UTC alone. */
const CALENDAR = {
  define: { 'Intl.DateTimeFormat': 'UtcDateTimeFormat' },
  inject: ['agent/system/utc-calendar.ts'],
} satisfies BuildOptions;

/** Programs whose parts are loaded when they are needed: `agentctl status` must be quick on a slow machine. */
const SPLIT = {
  agent: { entryPoints: { agent: 'agent/main.ts' }, ...CALENDAR },
  agentctl: { entryPoints: { agentctl: 'agent/agentctl/main.ts' } },
} satisfies Record<string, BuildOptions>;

/**
 * Bundles the programs of the release into `output` as ES modules for Node 24. A split one has its other parts in a
 * folder of its own name: what is imported lazily stays on the disk until then. Resolves to the folders, relative to
 * the project, of the packages of which something is in them.
 */
export async function bundlePrograms(project: string, output: string): Promise<Set<string>> {
  const common = {
    absWorkingDir: project,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: EXTERNAL,
    banner: { js: REQUIRE },
    legalComments: 'eof',
    logLevel: 'warning',
    metafile: true,
  } satisfies BuildOptions;
  const built: { readonly metafile: Metafile }[] = [
    await build({ ...common, entryPoints: SINGLE_FILES, outdir: output }),
  ];
  for (const [name, options] of Object.entries(SPLIT)) {
    built.push(
      await build({
        ...common,
        ...options,
        outdir: output,
        splitting: true,
        chunkNames: join(name, '[name]-[hash]'),
      }),
    );
  }
  await makeAscii(join(output, 'agent.js'));
  const inputs = built.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  return new Set(inputs.flatMap((path) => /.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []));
}

/**
 * Escapes what is not ASCII: for one such character V8 keeps the whole source with two bytes a character. esbuild has
 * escaped them in strings; what is left are comments, and patterns, where the escape means the same.
 */
async function makeAscii(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const escaped = text.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  if (escaped !== text) await writeFile(path, escaped);
}
