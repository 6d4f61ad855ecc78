import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'It was put right already. If it happens again, find what does it: `agentctl events --since 1h`, `sudo nft monitor`, ' +
  '`systemctl status nftables firewalld ufw`';

export const tableWasChanged: Condition = {
  code: 'TABLE_WAS_CHANGED',
  severity: 'info',
  title: 'Another program changed our firewall table',
  check: 'Firewall untouched',
  meaning:
    'Within the last hour something other than the agent changed or removed the nftables table `inet appliance`. The ' +
    'agent put it right within seconds. This notice ends an hour after the last change.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: ({ recentDrift }) =>
    judge(recentDrift, (drift) =>
      drift === null ? good('nobody else changed it') : bad(`${drift.what} (at ${drift.at})`, NEXT),
    ),
};
