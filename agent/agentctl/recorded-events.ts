import { accessSync, constants } from 'node:fs';
import { connectReadOnly } from '../store/connection.ts';
import { type EventRow, eventFromRow } from '../store/rows.ts';
import type { RecordedEvent } from '../store/types.ts';
import { AgentError, isErrno } from '../system/errors.ts';

/**
 * Every event in the database, newest last. It is opened for reading only.
 * Errors: MISSING, NEEDS_ROOT, DATABASE_UNREADABLE.
 */
export function readRecordedEvents(path: string): RecordedEvent[] {
  requireReadable(path);
  try {
    const connection = connectReadOnly(path);
    try {
      return connection.prepare<[], EventRow>('SELECT * FROM events ORDER BY id').all().map(eventFromRow);
    } finally {
      connection.close();
    }
  } catch (error) {
    throw new AgentError({
      code: 'DATABASE_UNREADABLE',
      message: `The database ${path} cannot be read`,
      hint: 'See what is wrong with it: `sudo agentctl doctor`',
      cause: error,
    });
  }
}

function requireReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    if (isErrno(error, 'EACCES')) {
      throw new AgentError({
        code: 'NEEDS_ROOT',
        message: 'The agent has recorded nothing since the machine started; what is older needs root',
        hint: 'Older events are in the database: `sudo agentctl events`',
      });
    }
    throw new AgentError({
      code: 'MISSING',
      message: `The agent has recorded nothing yet: there is no ${path}`,
      hint: 'See whether it was installed and runs: `agentctl status`',
    });
  }
}
