import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const CORRECT = 'Correct the line that is named, then check it with: `agentctl config validate`';

export const configRefused: Condition = {
  code: 'CONFIG_REFUSED',
  severity: 'degraded',
  title: 'The configuration is refused',
  check: 'Configuration',
  meaning:
    'The configuration file has a mistake, so nothing in it takes effect. The running stack is left alone: the agent ' +
    'goes on with the newest configuration that it accepted. One that never accepted any starts nothing.',
  remedy: `${CORRECT}. The file is /etc/appliance-agent/appliance.yaml`,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.config, ({ accepted, error, hint }) =>
      accepted ? good('accepted') : bad(error, hint === '' ? CORRECT : `${hint} ${CORRECT}`),
    ),
};
