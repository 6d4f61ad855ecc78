import type { Overall } from '../control/status.ts';
import { AgentError } from '../system/errors.ts';

/** Exit statuses of agentctl: 0 to 3 as monitoring plugins use them, the others from sysexits.h(3head). */
export const EXIT = {
  ok: 0,
  degraded: 1,
  critical: 2,
  unknown: 3,
  usage: 64,
  missing: 69,
  needsRoot: 77,
} as const satisfies Record<Overall, number> & Record<string, number>;

/** The status with which an error ends agentctl. */
export function exitOfError(error: unknown): number {
  if (!(error instanceof AgentError)) return EXIT.degraded;
  switch (error.code) {
    case 'USAGE':
    case 'BACKUP_RECIPIENT':
    case 'BACKUP_IDENTITY':
    case 'UNKNOWN_SERVICE':
    case 'UNKNOWN_SECRET':
    case 'UNKNOWN_STEP':
      return EXIT.usage;
    case 'NEEDS_ROOT':
      return EXIT.needsRoot;
    case 'AGENT_NOT_RUNNING':
    case 'ENGINE_UNREACHABLE':
    case 'MISSING':
      return EXIT.missing;
    case 'AGENT_TIMEOUT':
    case 'VERIFY_NO_CHAIN':
    case 'VERIFY_NOT_RUNNING':
      return EXIT.unknown;
    default:
      return EXIT.degraded;
  }
}
