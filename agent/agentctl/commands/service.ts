import { askAgent } from '../ask-agent.ts';
import type { Context } from '../context.ts';
import { durationOption } from '../duration-option.ts';

/** Leaves a service alone, until it is released or for a time such as `2h`. Error: USAGE. */
export async function hold(context: Context, service: string, options: { for?: string }): Promise<number> {
  const forMs = durationOption(options.for);
  return askAgent(context, (agent) => agent.hold({ service, forMs }));
}

/** Lets an agent act again that only observes. */
export const resume = (context: Context): Promise<number> => askAgent(context, (agent) => agent.resume());

/** Asks the running agent to do something about a service. */
export const askForService = (context: Context, what: 'heal' | 'release', service: string): Promise<number> =>
  askAgent(context, (agent) => agent[what]({ service }));
