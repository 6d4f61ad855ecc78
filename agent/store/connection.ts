import Database from 'better-sqlite3';
import { AgentError } from '../system/errors.ts';

export type Connection = Database.Database;

/** How long a call waits for another process's lock, in milliseconds; the event loop stands still meanwhile. */
const BUSY_TIMEOUT_MS = 2000;

/** Versions up to 3.51.2 can corrupt a database in WAL mode when it is reset (sqlite.org/wal.html, WAL-reset bug). */
const OLDEST_SQLITE = [3, 51, 3];

/**
 * Opens a database for reading and writing, every commit on the disk when it returns. A file that does not exist is
 * created. Errors: SqliteError; AgentError SQLITE_TOO_OLD.
 */
export function connect(path: string): Connection {
  const connection = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  // FULL on every open: better-sqlite3 is built so that a database that is already in WAL mode reopens with NORMAL,
  // which may lose the last commits in a power cut. The transaction takes the write lock and gives it back: a file
  // that cannot be written is known now, without writing to it.
  return prepared(
    connection,
    `PRAGMA journal_mode = WAL;
     PRAGMA synchronous = FULL;
     PRAGMA foreign_keys = ON;
     BEGIN IMMEDIATE;
     ROLLBACK`,
  );
}

/** Opens an existing database for reading only. Errors: SqliteError; AgentError SQLITE_TOO_OLD. */
export function connectReadOnly(path: string): Connection {
  const connection = new Database(path, { timeout: BUSY_TIMEOUT_MS, readonly: true, fileMustExist: true });
  return prepared(connection, 'PRAGMA query_only = ON');
}

/** A new database in memory. */
export function connectMemory(): Connection {
  return prepared(new Database(':memory:'), 'PRAGMA foreign_keys = ON');
}

function prepared(connection: Connection, sql: string): Connection {
  try {
    assertSqliteVersion(connection);
    connection.exec(sql);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function assertSqliteVersion(connection: Connection): void {
  const version = String(connection.prepare('SELECT sqlite_version()').pluck().get());
  if (isRecentEnough(version)) return;
  throw new AgentError({
    code: 'SQLITE_TOO_OLD',
    message: `better-sqlite3 brings SQLite ${version}, which can corrupt a database in WAL mode`,
    hint: `Install a release of the agent with SQLite ${OLDEST_SQLITE.join('.')} or newer.`,
  });
}

/** True for a version text such as `3.54.1` without the WAL-reset bug. */
export function isRecentEnough(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, oldest] of OLDEST_SQLITE.entries()) {
    const part = parts[index] ?? 0;
    if (part !== oldest) return part > oldest;
  }
  return true;
}

/** The number of the newest migration that was applied to a database. */
export function userVersion(connection: Connection): number {
  return Number(connection.pragma('user_version', { simple: true }));
}
