import { askAgent } from '../ask-agent.ts';
import type { Context } from '../context.ts';

/** Keeps the perimeter that is on trial. */
export const confirm = (context: Context, { unproven = false }: { unproven?: boolean }): Promise<number> =>
  askAgent(context, (agent) => agent.confirmPerimeter({ unproven }));

/** Ends a trial, or begins one anew. */
export const decide = (context: Context, what: 'rollback' | 'try'): Promise<number> =>
  askAgent(context, (agent) => (what === 'try' ? agent.tryPerimeter() : agent.rollBackPerimeter()));
