import type { Instant } from '../system/clock.ts';
import { AgentError } from '../system/errors.ts';
import type { StoreCondition } from './types.ts';

/** What the error that keeps the store in memory means for it. */
export function stateInMemory(error: AgentError): 'newer' | 'unmigrated' | 'unwritable' {
  if (error.code === 'DATABASE_NEWER') return 'newer';
  return error.code.startsWith('MIGRATION_') ? 'unmigrated' : 'unwritable';
}

/** True when the file may take over again once it can be written; otherwise not before the agent restarts. */
export function mayReturn(error: AgentError): boolean {
  return stateInMemory(error) === 'unwritable' && error.code !== 'DATABASE_UNREAD';
}

export function conditionInMemory(memory: {
  readonly error: AgentError;
  readonly detail: string;
  readonly since: Instant;
}): StoreCondition {
  const { error, detail, since } = memory;
  const words = [`${error.message}.`, detail, `Since ${since.wall} everything is kept in memory only.`];
  return {
    state: stateInMemory(error),
    detail: words.filter((word) => word !== '').join(' '),
    hint: error.hint,
  };
}

export function unreadError(path: string): AgentError {
  return new AgentError({
    code: 'DATABASE_UNREAD',
    message: `${path} can be used again, but could not be read before, and is not overwritten`,
    hint: 'Restart the agent to use the file again: systemctl restart appliance-agent. What is in memory is then lost.',
  });
}
