import { createControlClient } from '../../control/client.ts';
import { parseDuration } from '../../system/durations.ts';
import { AgentError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** Leaves a service alone, until it is released or for a time such as `2h`. Error: USAGE. */
export async function hold(
  { paths, terminal }: Context,
  service: string,
  options: { for?: string },
): Promise<number> {
  const forMs = options.for === undefined ? null : parseDuration(options.for);
  if (options.for !== undefined && !forMs) {
    throw new AgentError({
      code: 'USAGE',
      message: `'${options.for}' is not a duration`,
      hint: 'Write for example 30m, 2h or 1d.',
    });
  }
  const { message } = await createControlClient(paths.socket).hold({ service, forMs });
  terminal.write(`${message}\n`);
  return EXIT.ok;
}

/** Lets an agent act again that only observes. */
export async function resume({ paths, terminal }: Context): Promise<number> {
  const { message } = await createControlClient(paths.socket).resume();
  terminal.write(`${message}\n`);
  return EXIT.ok;
}

/** Asks the running agent to do something about a service, and says what it did. */
export async function askForService(
  { paths, terminal }: Context,
  what: 'heal' | 'release',
  service: string,
): Promise<number> {
  const { message } = await createControlClient(paths.socket)[what]({ service });
  terminal.write(`${message}\n`);
  return EXIT.ok;
}
