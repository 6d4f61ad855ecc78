import type { FirewallConfig } from '../../config/firewall.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { type ApplianceConfig, DEFAULT_CONFIG } from '../../config/schema.ts';
import { type Flow, flowsOf } from '../../firewall/flows.ts';
import { stackNamed } from '../../stack/stack-named.ts';
import { isErrno } from '../../system/errors.ts';
import { readFileIfPresent } from '../../system/files.ts';
import type { Paths } from '../../system/paths.ts';

/**
 * What must reach the stack from outside and what the firewall is asked for, by the configuration in force; a user who
 * may not read that sees the defaults.
 */
export async function inForce(paths: Pick<Paths, 'config' | 'acceptedConfig'>): Promise<{
  readonly stack: ApplianceConfig['stack'];
  readonly flows: readonly Flow[];
  readonly firewall: FirewallConfig;
}> {
  const config = (await configIn(paths.config)) ?? (await configIn(paths.acceptedConfig)) ?? DEFAULT_CONFIG;
  const stack = stackNamed(config.stack);
  return {
    stack: config.stack,
    flows: flowsOf(stack.services(config), stack.networks(config)[0]),
    firewall: config.firewall,
  };
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
