import { readStatus } from '../../control/status-file.ts';
import { AGENT_VERSION } from '../../control/version.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export async function version({ paths, clock, terminal }: Context): Promise<number> {
  terminal.write(`agentctl ${AGENT_VERSION} (Node ${process.version})\n`);
  const { status, stale } = await readStatus(paths.status, clock);
  if (status !== null && !stale && status.agentVersion !== AGENT_VERSION) {
    terminal.write(`The agent that runs is ${status.agentVersion}. `);
    terminal.write('To run this one: `sudo systemctl restart appliance-agent`\n');
  }
  return EXIT.ok;
}
