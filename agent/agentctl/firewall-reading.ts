import type { FirewallStatus } from '../control/status.ts';
import { AgentError } from '../system/errors.ts';
import { readAgent } from './agent-process.ts';
import type { Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { formatDuration } from './render/times.ts';

/** The firewall, and how far what is known of it can be trusted. */
export interface FirewallReading {
  /** Null when nobody has reported it. */
  readonly firewall: FirewallStatus | null;
  readonly stale: boolean;
  /** ISO 8601. */
  readonly now: string;
  /** Where this is from, as a sentence without its point. */
  readonly source: string;
}

/**
 * Asks the agent to look now, which root may; for everybody else, and while no agent answers, what the status file
 * says.
 */
export async function readFirewall(context: Context): Promise<FirewallReading> {
  const { reading, agentRuns } = await readAgent(context);
  const now = context.clock.now().wall;
  if (agentRuns && process.getuid?.() === 0) {
    const live = await askAgent(context.paths.socket);
    if (live !== null) return { firewall: live, stale: false, now, source: 'Looked at just now' };
  }
  const { status, stale, ageMs, detail } = reading;
  if (status === null) return { firewall: null, stale: true, now, source: `Not known: ${detail}` };
  const when = ageMs === null ? 'before the machine started anew' : `${formatDuration(ageMs)} ago`;
  return {
    firewall: status.firewall,
    stale,
    now,
    source: `Seen by the agent ${when}${stale ? `; ${detail}` : ''}`,
  };
}

/** Null when the agent has ended meanwhile, hangs, or has just started. */
async function askAgent(socket: string): Promise<FirewallStatus | null> {
  // Loaded only here: without root there is nobody to ask.
  const { createControlClient } = await import('../control/client.ts');
  try {
    return await createControlClient(socket).firewall();
  } catch (error) {
    if (error instanceof AgentError) return null;
    throw error;
  }
}

/** 0 in sync and open, 1 drifted, 2 not applied or blocked by others, 3 not known. */
export function exitOfFirewall({ firewall, stale }: FirewallReading): number {
  if (firewall === null || stale) return EXIT.unknown;
  if (firewall.state === 'failed' || firewall.forwardPath.open === false) return EXIT.critical;
  return firewall.state === 'drifted' ? EXIT.degraded : EXIT.ok;
}
