import type { Appliance } from '../support/appliance.ts';

/** What an operator types: `agentctl` with these words; rejects unless it exits 0. */
export async function operator(appliance: Appliance, ...words: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await appliance.agentctl(...words);
  if (exitCode !== 0) throw new Error(`agentctl ${words.join(' ')} exited ${exitCode}: ${stderr}${stdout}`);
}
