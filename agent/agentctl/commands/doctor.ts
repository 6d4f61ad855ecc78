import { CONDITIONS } from '../../conditions/index.ts';
import { evaluate } from '../../conditions/problems.ts';
import { readAgent } from '../agent-process.ts';
import type { Context } from '../context.ts';
import { agentSilent, findAgent } from '../doctor/agent-check.ts';
import { byDesign } from '../doctor/by-design.ts';
import { overallOf, toChecks } from '../doctor/checks.ts';
import { gatherFacts } from '../doctor/gather.ts';
import { inForce } from '../doctor/in-force.ts';
import { EXIT } from '../exit-codes.ts';
import { renderChecks } from '../render/doctor.ts';

export async function doctor(context: Context, options: { json?: true }): Promise<number> {
  const { paths, terminal } = context;
  const { reading } = await readAgent(context);
  const asRoot = process.getuid?.() === 0;
  const facts = await gatherFacts(paths, reading, asRoot);
  const checks = [
    ...toChecks([{ condition: agentSilent, finding: findAgent(reading) }, ...evaluate(CONDITIONS, facts)]),
    ...byDesign((await inForce(paths)).config.stack),
  ];
  const overall = overallOf(checks);
  if (options.json) terminal.write(`${JSON.stringify({ overall, checks }, null, 2)}\n`);
  else terminal.write(renderChecks(checks, asRoot ? null : 'sudo agentctl doctor', terminal));
  return EXIT[overall];
}
