import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { AgentError } from '../system/errors.ts';
import type { Run } from '../system/processes.ts';

/**
 * Where Compose v2 is installed. The plugin is a program of its own and is called directly: the `docker` that stands
 * first on PATH may be another than the engine's, or none. Last, the place where Debian 12 keeps the Python v1.
 */
export const PLUGIN_PATHS: readonly string[] = [
  '/usr/local/lib/docker/cli-plugins/docker-compose',
  '/usr/local/libexec/docker/cli-plugins/docker-compose',
  '/usr/libexec/docker/cli-plugins/docker-compose',
  '/usr/lib/docker/cli-plugins/docker-compose',
  '/usr/local/bin/docker-compose',
  '/usr/bin/docker-compose',
];

/** Places to look at, first the one that APPLIANCE_AGENT_COMPOSE names (for tests and unusual machines). */
export function pluginCandidates(env: NodeJS.ProcessEnv): readonly string[] {
  const named = env.APPLIANCE_AGENT_COMPOSE;
  return named ? [named, ...PLUGIN_PATHS] : PLUGIN_PATHS;
}

export interface ComposePlugin {
  readonly path: string;
  /** e.g. `2.26.1`, without Debian's revision. */
  readonly version: string;
}

/** The first candidate that runs and is of version 2 or later. Error: COMPOSE_MISSING, with what was found instead. */
export async function findPlugin(run: Run, candidates: readonly string[]): Promise<ComposePlugin> {
  const refused: string[] = [];
  for (const path of candidates) {
    if (!(await isExecutable(path))) continue;
    const { exitCode, stdout } = await run(path, ['version', '--short'], { timeoutMs: 10_000 });
    const version = exitCode === 0 ? parseVersion(stdout) : null;
    if (version !== null && Number.parseInt(version, 10) >= 2) return { path, version };
    refused.push(`${path} is ${version === null ? 'not Compose' : `version ${version}`}`);
  }
  const found = refused.length === 0 ? '' : ` (${refused.join('; ')})`;
  throw new AgentError({
    code: 'COMPOSE_MISSING',
    message: `Docker Compose version 2 is not installed${found}`,
    hint: 'Run install.sh: it installs the plugin. On Debian 13: apt-get install docker-compose.',
  });
}

/**
 * The same, but asks a program only once for its version while its file stays as it is: a start of Compose takes as
 * long as many rounds of the agent.
 */
export function rememberPlugin(find: () => Promise<ComposePlugin>): () => Promise<ComposePlugin> {
  let last: { readonly plugin: ComposePlugin; readonly file: string } | null = null;
  return async () => {
    if (last !== null && (await fileAt(last.plugin.path)) === last.file) return last.plugin;
    last = null;
    const plugin = await find();
    const file = await fileAt(plugin.path);
    if (file !== null) last = { plugin, file };
    return plugin;
  };
}

/** What changes when another file takes the place of this one, or it is written; null when it cannot be told. */
async function fileAt(path: string): Promise<string | null> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch {
    return null;
  }
}

/** `v2.26.1`, `2.26.1-4`, `2.26.1+ds1` → `2.26.1`; null when it is none of these. */
export function parseVersion(text: string): string | null {
  return /^v?(\d+\.\d+\.\d+)(?:[-+~].*)?$/.exec(text.trim())?.[1] ?? null;
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
