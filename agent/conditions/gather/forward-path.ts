import { describeError } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';
import { forwardPathState } from './forward-path-state.ts';

/** Absolute: users without root do not have /usr/sbin on their PATH. */
const IPTABLES = '/usr/sbin/iptables';

const hasOurRule = (rules: string) =>
  /^-A DOCKER-USER .*--comment appliance-agent -j ACCEPT$/m.test(rules) ? 'present' : 'missing';

/** Reads the filter table with `iptables -S`; needs root. Bounded to 10 s. */
export async function gatherForwardPath(run: Run): Promise<Facts['forwardPath']> {
  try {
    const result = await run(IPTABLES, ['-w', '5', '-S'], { timeoutMs: 10_000 });
    if (result.exitCode === 0) {
      const rule = !/^-N DOCKER-USER$/m.test(result.stdout) ? 'no-chain' : hasOurRule(result.stdout);
      return known({ ...forwardPathState(result.stdout), rule });
    }
    if (result.stderr.includes('you must be root')) return unknown('needs root');
    return unknown(`iptables -S exited ${result.exitCode}: ${result.stderr.trim().slice(0, 300)}`);
  } catch (error) {
    return unknown(describeError(error));
  }
}
