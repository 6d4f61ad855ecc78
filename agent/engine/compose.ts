import { dirname } from 'node:path';
import { PROJECT } from '../stack/types.ts';
import { AgentError } from '../system/errors.ts';
import type { Run } from '../system/processes.ts';
import { findPlugin, pluginCandidates, rememberPlugin } from './compose-plugin.ts';
import type { Compose } from './types.ts';

export interface ComposeOptions {
  readonly run: Run;
  readonly engineSocket: string;
  /** Places where the plugin may be. Default: where the distributions put it. */
  readonly candidates?: readonly string[];
}

/** Two services are up in seconds; a slow machine, that also removes old containers first, takes minutes. */
const TIMEOUT_MS = 5 * 60_000;

/** Docker Compose v2. Errors: COMPOSE_MISSING, COMPOSE_FAILED (with Compose's last words), those of `run`. */
export function createCompose({
  run,
  engineSocket,
  candidates = pluginCandidates(process.env),
}: ComposeOptions): Compose {
  const compose = async (file: string, command: string, args: readonly string[]): Promise<void> => {
    // Looked for each time: an upgrade may move it while the agent runs.
    const { path } = await findPlugin(run, candidates);
    const directory = dirname(file);
    const result = await run(path, [...globalOptions(file, directory), command, ...args], {
      timeoutMs: TIMEOUT_MS,
      cwd: directory,
      env: environment(engineSocket),
    });
    if (result.exitCode === 0) return;
    const words = (result.stderr.trim() || result.stdout.trim()).slice(-2000);
    throw new AgentError({
      code: 'COMPOSE_FAILED',
      message: `docker compose ${command} exited ${result.exitCode ?? 'by a signal'}: ${words}`,
      hint: `See it by hand: ${path} --project-name ${PROJECT} --file ${file} ${command} ${args.join(' ')}`.trimEnd(),
    });
  };

  const versionOf = rememberPlugin(() => findPlugin(run, candidates));
  return {
    version: async () => (await versionOf()).version,

    up: ({ file, services, forceRecreate }) =>
      compose(file, 'up', [
        '--detach',
        '--no-build',
        '--pull',
        'never',
        ...(forceRecreate ? ['--force-recreate'] : []),
        ...services,
      ]),

    down: ({ file, services }) => compose(file, 'down', ['--remove-orphans', ...services]),
  };
}

function globalOptions(file: string, directory: string): string[] {
  return [
    '--ansi',
    'never',
    '--progress',
    'plain',
    '--project-name',
    PROJECT,
    '--file',
    file,
    '--project-directory',
    directory,
  ];
}

/** What of the caller's environment could point Compose at another engine, or change what it starts, is set here. */
function environment(engineSocket: string): Record<string, string> {
  return {
    DOCKER_HOST: `unix://${engineSocket}`,
    DOCKER_TLS_VERIFY: '',
    DOCKER_API_VERSION: '',
    // A person's client configuration could add proxies to the containers, or credential helpers. There is none here.
    DOCKER_CONFIG: '/nonexistent',
    COMPOSE_PROFILES: '',
  };
}
