import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';
import { wholePath } from './whole-path.ts';

const NEXT =
  'The agent puts its rule back by itself. If this stays, another rule drops first: `sudo iptables -S FORWARD`, ' +
  '`sudo iptables -S DOCKER-USER` (for IPv6 ip6tables)';

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
    judge(facts.forwardPath, (path) => {
      const { open, detail } = wholePath(path);
      // Clients that have IPv4 too are served.
      return open ? good(detail) : bad(detail, NEXT, path.open ? 'degraded' : 'critical');
    }),
};
