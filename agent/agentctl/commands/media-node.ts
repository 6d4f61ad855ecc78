import { text } from 'node:stream/consumers';
import { adoptShared, SHARED } from '../../stack/secrets.ts';
import { AgentError } from '../../system/errors.ts';
import { jsonOrNull } from '../../system/json.ts';
import { asRoot } from '../as-root.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { secretsHere } from '../secrets-here.ts';

const HOW =
  'Pipe one into the other: `sudo agentctl media-node export | ssh HOST sudo agentctl media-node join`';

/** Writes what appliances share, as JSON: by way of pipes, it is in no file, argument, or log. */
export async function exportShared({ paths, terminal }: Context): Promise<number> {
  if (process.stdout.isTTY)
    throw new AgentError({ code: 'USAGE', message: 'Secrets are not shown on a terminal', hint: HOW });
  const secrets = await secretsHere(paths.secrets);
  terminal.write(`${JSON.stringify(Object.fromEntries(SHARED.map((name) => [name, secrets[name]])))}\n`);
  return EXIT.ok;
}

/** Keeps them in the place of what this appliance made for itself; the agent starts LiveKit anew with them. */
export async function joinShared({ paths, terminal }: Context): Promise<number> {
  if (process.stdin.isTTY)
    throw new AgentError({ code: 'USAGE', message: 'There is nothing to read on stdin', hint: HOW });
  const given = jsonOrNull(await text(process.stdin));
  if (typeof given !== 'object' || given === null)
    throw new AgentError({ code: 'USAGE', message: 'What came on stdin is no export', hint: HOW });
  await asRoot(paths.secrets, () => adoptShared(paths.secrets, { ...given }));
  terminal.write('This appliance now has the secrets of the first one.\n');
  return EXIT.ok;
}
