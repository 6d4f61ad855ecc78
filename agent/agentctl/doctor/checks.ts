import { type ConditionResult, severityOf } from '../../conditions/problems.ts';
import type { Condition, Finding } from '../../conditions/types.ts';
import type { Overall, Severity } from '../../control/status.ts';

/** One line of doctor. */
export interface Check {
  readonly check: string;
  /** Of the problem that was found, null when none was. */
  readonly code: string | null;
  readonly state: 'ok' | 'note' | 'fail' | 'skip';
  readonly severity: Severity | null;
  readonly evidence: string;
  readonly next: string | null;
  /** Without these it cannot be said that the appliance is well. */
  readonly essential: boolean;
}

const ESSENTIAL: ReadonlySet<string> = new Set([
  'AGENT_SILENT',
  'ENGINE_UNREACHABLE',
  'COMPOSE_MISSING',
  'SERVICE_DOWN',
  'TABLE_DRIFTED',
  'FORWARD_PATH_BLOCKED',
  'DISK_LOW',
  'CONFIG_REFUSED',
]);
const RANK: Readonly<Record<Check['state'], number>> = { fail: 3, note: 2, skip: 1, ok: 0 };

type Result = Pick<ConditionResult, 'finding'> & {
  readonly condition: Omit<Condition, 'evaluate' | 'dependsOn'>;
};

/** The results as lines in their order; conditions that share a check become one line, the worst of them. */
export function toChecks(results: readonly Result[]): Check[] {
  const lines = new Map<string, Check>();
  for (const { condition, finding } of results) {
    if (finding.state === 'none') continue;
    const line = toCheck(condition, finding);
    const before = lines.get(line.check);
    if (before === undefined || RANK[line.state] > RANK[before.state]) lines.set(line.check, line);
  }
  return [...lines.values()];
}

function toCheck(condition: Result['condition'], finding: Exclude<Finding, { state: 'none' }>): Check {
  const { check, code } = condition;
  const line = { check, evidence: finding.evidence, essential: ESSENTIAL.has(code) };
  if (finding.state !== 'bad') {
    return {
      ...line,
      code: null,
      state: finding.state === 'good' ? 'ok' : 'skip',
      severity: null,
      next: null,
    };
  }
  const severity = severityOf({ condition, finding });
  return { ...line, code, state: severity === 'info' ? 'note' : 'fail', severity, next: finding.next };
}

/** What the checks come to: the worst that was found; unknown only where nothing was found but not all was seen. */
export function overallOf(checks: readonly Check[]): Overall {
  if (checks.some(({ severity }) => severity === 'critical')) return 'critical';
  if (checks.some(({ severity }) => severity === 'degraded')) return 'degraded';
  return checks.some(({ state, essential }) => state === 'skip' && essential) ? 'unknown' : 'ok';
}
