import { AgentError, describeError } from '../../system/errors.ts';
import type { Check } from '../doctor/checks.ts';

/** Something that can be shown to hold. */
export interface Proof {
  readonly check: string;
  /** Resolves to the evidence that it holds. Rejects with AgentError when it does not: what, and what to do about it. */
  readonly prove: () => Promise<string>;
}

/** That it does not hold. */
export function disproved(message: string, hint: string): AgentError {
  return new AgentError({ code: 'NOT_PROVED', message, hint });
}

/** That it cannot be seen from here: never as good as proved, and no fault of this machine. */
export function unverified(message: string, hint: string): AgentError {
  return new AgentError({ code: 'UNVERIFIED', message, hint });
}

const NOT_SEEN: ReadonlySet<string> = new Set(['NEEDS_ROOT', 'UNVERIFIED']);

/** Makes a proof, and tells it as a line of doctor. */
export async function toCheck({ check, prove }: Proof): Promise<Check> {
  const line = { check, code: null, essential: true } as const;
  try {
    return { ...line, state: 'ok', severity: null, evidence: await prove(), next: null };
  } catch (error) {
    const evidence = describeError(error);
    if (!(error instanceof AgentError)) throw error;
    if (NOT_SEEN.has(error.code))
      return {
        ...line,
        essential: error.code !== 'UNVERIFIED',
        state: 'skip',
        severity: null,
        evidence,
        next: error.hint,
      };
    return { ...line, state: 'fail', severity: 'critical', evidence, next: error.hint };
  }
}

/** The first of many, and how many more there are. */
export function someOf(names: readonly string[], shown = 5): string {
  const more = names.length - shown;
  return `${names.slice(0, shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
