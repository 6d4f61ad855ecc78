import { AGENT_VERSION } from '../../control/version.ts';
import { readAgent } from '../agent-process.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export async function version(context: Context): Promise<number> {
  const { terminal } = context;
  terminal.write(`agentctl ${AGENT_VERSION} (Node ${process.version})\n`);
  const { status, stale } = (await readAgent(context)).reading;
  if (status !== null && !stale && status.agentVersion !== AGENT_VERSION) {
    terminal.write(`The agent that runs is ${status.agentVersion}. `);
    terminal.write('To run this one: `sudo systemctl restart appliance-agent`\n');
  }
  return EXIT.ok;
}
