import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'See why it ended: `sudo journalctl -u appliance-agent -n 100`. Let it act again: `sudo agentctl resume`';

export const agentRestrained: Condition = {
  code: 'AGENT_RESTRAINED',
  severity: 'degraded',
  title: 'The agent only observes',
  check: 'Agent may act',
  meaning:
    'The agent ended several times within minutes without having been asked to: it crashed, was killed, or hung. As it ' +
    'may itself do harm, it looks and reports for 10 minutes, and changes nothing. The stack goes on, and the engine ' +
    'restarts what crashes. Then, or when it is told to, the agent acts again.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) => judge(facts.restraint, (why) => (why === null ? good('yes') : bad(why, NEXT))),
};
