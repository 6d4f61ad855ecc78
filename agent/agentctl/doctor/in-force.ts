import { parseConfig } from '../../config/parse-config.ts';
import { type ApplianceConfig, DEFAULT_CONFIG } from '../../config/schema.ts';
import { type Flow, flowsOf } from '../../firewall/flows.ts';
import { stackNamed } from '../../stack/stack-named.ts';
import { isErrno } from '../../system/errors.ts';
import { readFileIfPresent } from '../../system/files.ts';
import type { Paths } from '../../system/paths.ts';

/**
 * The configuration in force, and what must reach the stack from outside by it; a user who may not read that sees the
 * defaults.
 */
export async function inForce(
  paths: Pick<Paths, 'config' | 'acceptedConfig'>,
): Promise<{ readonly flows: readonly Flow[]; readonly config: ApplianceConfig }> {
  const config = (await configIn(paths.config)) ?? (await configIn(paths.acceptedConfig)) ?? DEFAULT_CONFIG;
  const stack = stackNamed(config.stack);
  return { flows: flowsOf(stack.services(config), stack.networks(config)[0]), config };
}

async function configIn(path: string): Promise<ApplianceConfig | null> {
  try {
    const text = await readFileIfPresent(path);
    if (text === null) return null;
    const parsed = parseConfig(text, path);
    return parsed.ok ? parsed.config : null;
  } catch (error) {
    if (isErrno(error, 'EACCES')) return null;
    throw error;
  }
}
