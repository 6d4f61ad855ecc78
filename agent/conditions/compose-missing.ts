import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

const NEXT = 'Run install.sh again: it installs the Compose plugin and leaves the rest as it is.';

export const composeMissing: Condition = {
  code: 'COMPOSE_MISSING',
  severity: 'degraded',
  title: 'Docker Compose v2 is missing',
  check: 'Docker Compose',
  meaning:
    'The agent creates and changes containers with Docker Compose. Containers that exist go on running and are started ' +
    'again when they die, but none can be created or changed.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.compose, ({ version, detail }) => (version === null ? bad(detail, NEXT) : good(version))),
};
