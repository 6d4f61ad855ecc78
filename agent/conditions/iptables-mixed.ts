import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'Let everything use one of them: `sudo update-alternatives --config iptables`, then `sudo systemctl restart docker` and ' +
  'reboot, for the rules of the other stay until then.';

export const iptablesMixed: Condition = {
  code: 'IPTABLES_MIXED',
  severity: 'info',
  title: 'Both kinds of iptables rules are in use',
  check: 'Kinds of iptables',
  meaning:
    'iptables-legacy and iptables-nft keep rules of their own, and a packet must get through both. The agent writes its ' +
    'rule with the one that Docker uses, and looks for drops in both. Who looks at one of them only sees half of the rules.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.forwardPath, ({ inUse, rule, program }) => {
      const docker = rule === 'no-chain' ? 'Docker has no rules there' : `Docker uses ${program}`;
      return inUse.length > 1
        ? bad(`rules of ${inUse.join(' and ')} are in force; ${docker}`, NEXT)
        : good(docker);
    }),
};
