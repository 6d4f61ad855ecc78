import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT =
  'Look at the file: `sudo ls -l /var/lib/appliance-agent/secrets`. If nobody else can have read it: `sudo chown root: ' +
  'FILE`, `sudo chmod 0600 FILE`. Otherwise remove it, and the agent makes a new one and restarts what uses it.';

export const secretRefused: Condition = {
  code: 'SECRET_REFUSED',
  severity: 'degraded',
  title: 'A secret on this device cannot be right',
  check: 'Secrets',
  meaning:
    'A file with a secret is empty, damaged, or open to others than root. The agent neither uses nor replaces it. What ' +
    'runs goes on, but nothing that needs the secret is started or changed.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: ({ secrets }) =>
    judge(secrets, ({ refused }) => (refused === null ? good('in order') : bad(refused, NEXT))),
};
