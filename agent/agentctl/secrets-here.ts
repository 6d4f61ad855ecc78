import { readSecrets } from '../stack/secrets.ts';
import type { Secrets } from '../stack/types.ts';
import { AgentError } from '../system/errors.ts';
import { asRoot } from './as-root.ts';

/** The secrets of this appliance. Errors: NEEDS_ROOT, MISSING while it has none. */
export async function secretsHere(directory: string): Promise<Secrets> {
  const secrets = await asRoot(directory, () => readSecrets({ directory }));
  if (secrets === null) throw noSecrets();
  return secrets;
}

export const noSecrets = () =>
  new AgentError({
    code: 'MISSING',
    message: 'This appliance has no secrets yet',
    hint: 'The agent makes them at its first start: `sudo systemctl start appliance-agent`',
  });
