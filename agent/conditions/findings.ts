import type { Severity } from '../control/status.ts';
import type { Finding, Known } from './types.ts';

export const known = <T>(value: T): { readonly known: true; readonly value: T } => ({ known: true, value });
export const unknown = (why: string): { readonly known: false; readonly why: string } => ({
  known: false,
  why,
});

export const good = (evidence: string): Finding => ({ state: 'good', evidence });
export const cannotTell = (evidence: string): Finding => ({ state: 'unknown', evidence });
/** There is nothing here that could be judged, and nobody misses it. */
export const nothingHere: Finding = { state: 'none', evidence: 'there is nothing of the kind here' };
export const bad = (evidence: string, next: string, severity?: Severity): Finding => ({
  state: 'bad',
  evidence,
  next,
  ...(severity === undefined ? {} : { severity }),
});

/** Judges a fact if it is known; one that cannot be known is neither good nor bad. */
export function judge<T>(fact: Known<T>, decide: (value: T) => Finding): Finding {
  return fact.known ? decide(fact.value) : cannotTell(fact.why);
}
