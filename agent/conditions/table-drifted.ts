import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'The agent puts it right within 2 s. If it comes back, find what changes the rules: `agentctl events --since 1h`, ' +
  '`sudo nft monitor`, `systemctl status nftables firewalld ufw`';
const SHOWN = 3;

export const tableDrifted: Condition = {
  code: 'TABLE_DRIFTED',
  severity: 'degraded',
  title: 'The firewall table is not as it should be',
  check: 'Firewall table in sync',
  meaning:
    'The nftables table `inet appliance` publishes the ports of the stack. It differs from what the agent wrote, most ' +
    'often because another program flushed the ruleset, or nft could not apply it. Until it is back, calls from outside ' +
    'may not connect.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.table, ({ state, differences }) => {
      if (state === 'in-sync') return good('inet appliance is as it should be');
      const rest = differences.length - SHOWN;
      const evidence =
        [...differences.slice(0, SHOWN), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ') ||
        (state === 'failed' ? 'the table could not be applied' : 'the table differs');
      return state === 'failed'
        ? bad(
            evidence,
            'See what nft says: `agentctl events --since 1h`, `sudo nft list table inet appliance`',
            'critical',
          )
        : bad(evidence, NEXT);
    }),
};
