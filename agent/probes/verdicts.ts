import { describeError, isErrno } from '../system/errors.ts';
import type { Verdict } from './types.ts';

/** Milliseconds since `begun` (of `performance.now()`), to a tenth. */
export function millisecondsSince(begun: number): number {
  return Math.round((performance.now() - begun) * 10) / 10;
}

export function failed(kind: Verdict['kind'], detail: string): Verdict {
  return { ok: false, kind, latencyMs: null, detail };
}

export function noAnswer(kind: Verdict['kind'], timeoutMs: number): Verdict {
  return failed(kind, `no answer within ${timeoutMs} ms`);
}

/** What an error of a socket means, in words; the system's own where there are no better ones. */
export function refusal(error: unknown): string {
  if (isErrno(error, 'ECONNREFUSED')) return 'refused: nothing listens there';
  if (isErrno(error, 'EHOSTUNREACH') || isErrno(error, 'ENETUNREACH'))
    return 'unreachable: there is no route to it';
  if (isErrno(error, 'EPERM')) return 'not sent: a firewall rule of this machine drops it';
  if (isErrno(error, 'ECONNRESET')) return 'the connection was reset';
  return describeError(error);
}
