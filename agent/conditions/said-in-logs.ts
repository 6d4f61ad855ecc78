import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

/** A condition that is known by what the services write: see agent/symptoms. */
export function saidInLogs(
  condition: Omit<Condition, 'evaluate' | 'dependsOn'>,
  dependsOn: readonly string[] = [],
): Condition {
  return {
    ...condition,
    dependsOn,
    evaluate: (facts) =>
      judge(facts.symptoms, (symptoms) => {
        const seen = symptoms.find(({ code }) => code === condition.code);
        return seen === undefined
          ? good('nothing in the logs says otherwise')
          : bad(seen.evidence, condition.remedy);
      }),
  };
}
