import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'The agent puts its rule back by itself. If this stays, another rule drops first: `sudo iptables -S FORWARD`, ' +
  '`sudo iptables -S DOCKER-USER`';

export const forwardPathBlocked: Condition = {
  code: 'FORWARD_PATH_BLOCKED',
  severity: 'critical',
  title: 'The forward path to the containers is blocked',
  check: 'Forward path',
  meaning:
    'Docker drops forwarded packets by default. One rule in the chain DOCKER-USER lets those pass that the agent ' +
    'published; it is missing, not reached, or another rule drops first. Media from outside does not arrive at the SFU.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.forwardPath, ({ open, detail }) => (open ? good(detail) : bad(detail, NEXT))),
};
