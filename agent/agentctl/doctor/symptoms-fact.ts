import { known, unknown } from '../../conditions/findings.ts';
import type { Facts } from '../../conditions/types.ts';
import type { StatusReading } from '../../control/status-file.ts';
import { SYMPTOMS } from '../../symptoms/symptoms.ts';

/** What the logs told of lately: the agent follows them, and says what it saw as problems. */
export function gatherSymptoms({ status, stale }: StatusReading): Facts['symptoms'] {
  if (status === null || stale) return unknown('only a running agent reads the logs as they come');
  const codes = new Set(SYMPTOMS.map(({ code }) => code));
  return known(status.problems.filter(({ code }) => codes.has(code)));
}
