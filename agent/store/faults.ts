import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { AgentError, describeError, isErrno } from '../system/errors.ts';

/**
 * What an error of a database call means: `damaged`, the content of the file is not a sound database of ours;
 * `mistake`, the caller gave something that the database refuses; `unwritable`, everything else: the disk, the file
 * system, a lock, memory.
 */
export type Fault = 'damaged' | 'mistake' | 'unwritable';

/** Result codes by their prefix (sqlite.org/rescode.html). SQLITE_ERROR is what a missing table or column gives. */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB|ERROR|FORMAT|IOERR_(READ|SHORT_READ|CORRUPTFS|DATA))/;
const MISTAKE = /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|TOOBIG|MISUSE)/;

export function faultOf(error: unknown): Fault {
  if (error instanceof Database.SqliteError) {
    if (DAMAGED.test(error.code)) return 'damaged';
    return MISTAKE.test(error.code) ? 'mistake' : 'unwritable';
  }
  if (error instanceof AgentError) return error.code === 'DATABASE_DAMAGED' ? 'damaged' : 'unwritable';
  return error instanceof Error && 'syscall' in error ? 'unwritable' : 'mistake';
}

export function damagedError(path: string, finding: string): AgentError {
  return new AgentError({
    code: 'DATABASE_DAMAGED',
    message: `${path} is damaged: ${finding}`,
    hint: 'The agent sets it aside and restores its newest snapshot.',
  });
}

/** Why a database cannot be used, for a person. An AgentError is passed on as it is. */
export function unwritableError(path: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const { reason, hint } = explain(path, error);
  return new AgentError({
    code: 'DATABASE_UNWRITABLE',
    message: `${path} cannot be used: ${reason}`,
    hint: `${hint} The agent tries again every minute.`,
    cause: error,
  });
}

function explain(path: string, error: unknown): { reason: string; hint: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') {
    return { reason: 'the disk is full', hint: `Make room on the disk that holds ${dirname(path)}.` };
  }
  if (code === 'EROFS' || isReadOnlyFileSystem(dirname(path))) {
    return {
      reason: 'its file system is read-only',
      hint: `A file system becomes read-only when its disk fails: look at dmesg, then remount ${dirname(path)}.`,
    };
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return { reason: 'another process holds its lock', hint: `Find that process with: fuser -v ${path}.` };
  }
  return { reason: describeError(error), hint: `Check the disk and the permissions of ${path}.` };
}

function isReadOnlyFileSystem(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return false;
  } catch (error) {
    return isErrno(error, 'EROFS');
  }
}
