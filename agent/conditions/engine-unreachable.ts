import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'See why: `sudo journalctl -u docker -n 50`. Then: `sudo systemctl restart docker` (without systemd, run install.sh again).';
const START = 'When the work is done: `sudo systemctl start docker.socket docker.service`.';

export const engineUnreachable: Condition = {
  code: 'ENGINE_UNREACHABLE',
  severity: 'critical',
  title: 'The Docker Engine does not answer',
  check: 'Docker Engine',
  meaning:
    'The Docker Engine is stopped, hangs, or is being restarted. Containers that run may go on serving, but nothing can ' +
    'be started or healed until it answers. The agent keeps its firewall rules and continues as soon as it does. One that an ' +
    'operator stopped is left so; then the stack is stopped too.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.engine, ({ version, error, stoppedAt }) => {
      if (error === null) return good(`${version} answers`);
      return stoppedAt === null
        ? bad(error, NEXT)
        : bad(`an operator stopped it (systemctl stop) at ${stoppedAt}, and it is left so`, START);
    }),
};
