import { type Run, runOk } from '../system/processes.ts';
import { FORWARD_MARK } from './mark.ts';

const MARK = `0x${FORWARD_MARK.toString(16)}`;
const RULE = [
  '-m',
  'mark',
  '--mark',
  `${MARK}/${MARK}`,
  '-m',
  'comment',
  '--comment',
  'appliance-agent',
  '-j',
  'ACCEPT',
];

/**
 * Lets marked flows through Docker's FORWARD policy: one rule, first in DOCKER-USER, a chain that Docker leaves
 * to others. It is written with the iptables that Docker uses: each back end has a chain of that name of its own,
 * and a native nft rule there can break Docker's. `program` may be an ip6tables.
 */
export async function openForwardPath(run: Run, program: string): Promise<void> {
  const hint = `Check that the Docker Engine runs and that \`${program} -S DOCKER-USER\` works.`;
  const options = { timeoutMs: 10_000, code: 'FORWARD_PATH_FAILED', hint };
  const present = await run(program, ['-w', '5', '-C', 'DOCKER-USER', ...RULE], options);
  if (present.exitCode === 0) return;
  await runOk(run, program, ['-w', '5', '-I', 'DOCKER-USER', '1', ...RULE], options);
}
