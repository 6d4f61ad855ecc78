import type { Problem, Severity } from '../control/status.ts';
import type { Condition, Facts, Finding } from './types.ts';

export interface ConditionResult {
  readonly condition: Condition;
  readonly finding: Finding;
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, degraded: 1, critical: 2 };

/** Every condition held against the facts, in the order of `conditions`. */
export function evaluate(conditions: readonly Condition[], facts: Facts): ConditionResult[] {
  return conditions.map((condition) => ({ condition, finding: condition.evaluate(facts) }));
}

/** How bad a finding is; null when it is good or cannot be told. */
export function severityOf(result: {
  readonly condition: Pick<Condition, 'severity'>;
  readonly finding: Finding;
}): Severity | null {
  const { condition, finding } = result;
  return finding.state === 'bad' ? (finding.severity ?? condition.severity) : null;
}

/**
 * The bad findings as problems for the status, worst first. A problem that was there before keeps its `since`;
 * a new one begins at `nowIso`. A finding is left out while one that explains it (`dependsOn`) is bad, unless
 * it is worse than that one: an explanation must not hide how bad things are.
 */
export function toProblems(
  results: readonly ConditionResult[],
  previous: readonly Problem[],
  nowIso: string,
): Problem[] {
  const severities = new Map(results.map((result) => [result.condition.code, severityOf(result)]));
  const isExplained = (condition: Condition, severity: Severity) =>
    condition.dependsOn.some((code) => {
      const parent = severities.get(code) ?? null;
      return parent !== null && RANK[parent] >= RANK[severity];
    });
  return results
    .flatMap(({ condition, finding }): Problem[] => {
      if (finding.state !== 'bad') return [];
      const severity = finding.severity ?? condition.severity;
      if (isExplained(condition, severity)) return [];
      const before = previous.find(({ code }) => code === condition.code);
      return [
        {
          code: condition.code,
          severity,
          title: condition.title,
          since: before?.since ?? nowIso,
          evidence: finding.evidence,
          next: finding.next,
        },
      ];
    })
    .sort((a, b) => RANK[b.severity] - RANK[a.severity]);
}
