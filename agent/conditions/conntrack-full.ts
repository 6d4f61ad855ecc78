import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

/** Shares of the table from which little room is left, and from which a burst of new flows fills it. */
const DEGRADED = 0.75;
const CRITICAL = 0.9;

const LOOK =
  'See who has so many connections: `sudo conntrack -L 2>/dev/null | grep -o "src=[^ ]*" | sort | uniq -c | sort -rn | head`. ';
const allow = (max: number | string) =>
  `If they are users, allow more: \`sudo sysctl -w net.netfilter.nf_conntrack_max=${max}\`, and in /etc/sysctl.d to keep it`;

export const conntrackFull: Condition = {
  code: 'CONNTRACK_FULL',
  severity: 'degraded',
  title: 'The table of connections is nearly full',
  check: 'Connection tracking',
  meaning:
    'The kernel remembers each connection that it forwards or translates (nf_conntrack). When that table is full it drops ' +
    'the first packet of each new one: nobody can join a call, and nothing tells them why. Calls that go on are not ' +
    'concerned. It is a problem from 75 %, critical from 90 %. The agent changes neither the limit nor the connections.',
  remedy: LOOK + allow('NUMBER'),
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.conntrack, ({ count, max }) => {
      const share = max === 0 ? 0 : count / max;
      const evidence = `${count} of ${max} connections (${Math.floor(share * 100)} %)`;
      if (share < DEGRADED) return good(evidence);
      return bad(evidence, LOOK + allow(max * 2), share >= CRITICAL ? 'critical' : 'degraded');
    }),
};
