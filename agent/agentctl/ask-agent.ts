import type { ControlApi, Done } from '../control/api.ts';
import { createControlClient } from '../control/client.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit-codes.ts';

/** Asks the running agent to do something, and passes on what it says that it did. Errors: those of the agent. */
export async function askAgent(
  { paths, terminal }: Context,
  ask: (agent: ControlApi) => Promise<Done>,
): Promise<number> {
  const { message } = await ask(createControlClient(paths.socket));
  terminal.write(`${message}\n`);
  return EXIT.ok;
}
