import { parse } from 'yaml';
import { AgentError } from '../../system/errors.ts';
import { lintCompose } from '../lint-compose.ts';
import { lintLocked } from '../lint-locked.ts';
import type { RenderedFile, ServiceDefinition } from '../types.ts';
import { livekitRefuses } from './livekit-accepts.ts';
import { TRAEFIK } from './names.ts';
import { traefikRefuses } from './traefik-accepts.ts';

/**
 * Looks at what was rendered with the eyes of those who will read it, before anything is written or stopped.
 * Error: RENDER_REFUSED, with what is refused, and why.
 */
export function refuseUnusable(files: readonly RenderedFile[], services: readonly ServiceDefinition[]): void {
  const yamlOf = (path: string): unknown => parse(files.find((file) => file.path === path)?.content ?? '');
  const compose = yamlOf('compose.yaml');
  const problems = [
    ...[...lintCompose(compose), ...lintLocked(compose, services)].map(
      ({ place, reason }) => `compose.yaml: ${place}: ${reason}`,
    ),
    ...livekitRefuses(yamlOf('livekit/livekit.yaml'), yamlOf('livekit/keys.yaml')).map(
      (problem) => `livekit.yaml: ${problem}`,
    ),
    ...(services.some(({ name }) => name === TRAEFIK)
      ? traefikRefuses(yamlOf('traefik/traefik.yml'), yamlOf('traefik/dynamic/routes.yml'))
      : []
    ).map((problem) => `Traefik: ${problem}`),
  ];
  if (problems.length === 0) return;
  throw new AgentError({
    code: 'RENDER_REFUSED',
    message: problems.join('; '),
    hint: 'This is a mistake of the agent. Nothing was changed; go back to the configuration before, and report it.',
  });
}
