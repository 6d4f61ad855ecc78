import { createControlClient } from '../../control/client.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** Keeps the perimeter that is on trial. */
export async function confirm(
  { paths, terminal }: Context,
  { unproven = false }: { unproven?: boolean },
): Promise<number> {
  const { message } = await createControlClient(paths.socket).confirmPerimeter({ unproven });
  terminal.write(`${message}\n`);
  return EXIT.ok;
}

/** Ends a trial, or begins one anew. */
export async function decide({ paths, terminal }: Context, what: 'rollback' | 'try'): Promise<number> {
  const agent = createControlClient(paths.socket);
  const { message } = await (what === 'try' ? agent.tryPerimeter() : agent.rollBackPerimeter());
  terminal.write(`${message}\n`);
  return EXIT.ok;
}
