import { createControlClient } from '../../control/client.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** Asks the running agent to do something about a service, and says what it did. */
export async function askForService(
  { paths, terminal }: Context,
  what: 'heal' | 'hold' | 'release',
  service: string,
): Promise<number> {
  const { message } = await createControlClient(paths.socket)[what]({ service });
  terminal.write(`${message}\n`);
  return EXIT.ok;
}
