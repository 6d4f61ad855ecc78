import { readFile } from 'node:fs/promises';
import { readStatus, type StatusReading } from '../control/status-file.ts';
import type { Context } from './context.ts';

/** The status file, and whether the agent that writes it is there. */
export interface AgentReading {
  /** Stale also when it was written a moment ago by an agent that is gone since. */
  readonly reading: StatusReading;
  readonly agentRuns: boolean;
}

export async function readAgent({ paths, clock }: Context): Promise<AgentReading> {
  const reading = await readStatus(paths.status, clock);
  const agentRuns = await isSocketHeld(paths.socket);
  if (agentRuns || reading.reason !== 'fresh') return { reading, agentRuns };
  const detail = 'the agent that wrote it is not running';
  return { reading: { ...reading, stale: true, reason: 'not-running', detail }, agentRuns };
}

/**
 * Whether a process holds this unix socket. The kernel's own list (unix(7), /proc/net/unix) says so to anybody,
 * where connecting needs root; a socket file that a killed agent left behind is not in it.
 */
export async function isSocketHeld(socket: string, listing = '/proc/net/unix'): Promise<boolean> {
  const lines = (await readFile(listing, 'utf8')).split('\n');
  return lines.some((line) => line.endsWith(` ${socket}`));
}
