import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT = 'Nothing: the agent ends it by itself. See how far it has come: `agentctl secrets list`.';

export const secretRotating: Condition = {
  code: 'SECRET_ROTATING',
  severity: 'info',
  title: 'A secret is being rotated',
  check: 'Rotation of secrets',
  meaning:
    'An operator asked for a new secret (`agentctl secrets rotate`). For a while both the old and the new one are good, so ' +
    'that nothing that was made with the old one fails; then the old one is withdrawn. What would end calls waits until ' +
    'nobody is in one.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: ({ secrets }) =>
    judge(secrets, ({ rotating }) => (rotating === null ? good('none under way') : bad(rotating, NEXT))),
};
