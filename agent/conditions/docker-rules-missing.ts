import { bad, cannotTell, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'Let Docker write its rules again: `sudo systemctl restart docker`. The agent brings the stack back. Then find what ' +
  'flushes the ruleset: `systemctl status nftables`, `grep -rn "flush ruleset" /etc`';

export const dockerRulesMissing: Condition = {
  code: 'DOCKER_RULES_MISSING',
  severity: 'degraded',
  title: "Docker's own firewall rules are gone",
  check: 'Docker rules',
  meaning:
    'Another program removed the rules that Docker wrote, most often with `nft flush ruleset`. Published ports go on ' +
    'working by our own table, but containers cannot reach anything outside, and only Docker can write its rules again.',
  remedy: NEXT,
  dependsOn: ['ENGINE_UNREACHABLE'],
  evaluate: ({ engine, forwardPath, dockerRules }) => {
    if (!engine.known) return cannotTell(engine.why);
    if (engine.value.error !== null) return cannotTell('the Docker Engine does not answer');
    return judge(forwardPath, ({ rule, program }) => {
      if (rule !== 'no-chain') return good(`in place, kept with ${program}`);
      // That there is no chain says nothing where Docker does not write it.
      return judge(dockerRules, ({ backend, evidence }) =>
        backend === 'iptables' ? bad('there is no chain DOCKER-USER', NEXT) : good(evidence),
      );
    });
  },
};
