import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT = 'See what listens: `sudo ss -lntup sport = :5349`. Stop it, and keep it from starting again.';

export const turnsPortOpen: Condition = {
  code: 'TURNS_PORT_OPEN',
  severity: 'degraded',
  title: 'Something listens on port 5349 (TURN over TLS)',
  check: 'Port 5349 closed',
  meaning:
    'This appliance offers TURN on 3478 only. A listener on 5349 is not the relay that the agent configures: most ' +
    'often it is a coturn service of the distribution, with settings and peers of its own.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.turnsListener, ({ open, detail }) => (open ? bad(detail, NEXT) : good(detail))),
};
