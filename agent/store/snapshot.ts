import { existsSync, rmSync, statSync } from 'node:fs';
import { type Connection, connectReadOnly, userVersion } from './connection.ts';
import { copyToNew, replaceFile } from './durable-files.ts';
import { damagedError } from './faults.ts';
import { assertSound } from './integrity.ts';

export const snapshotPath = (path: string) => `${path}.snapshot`;

/**
 * Writes a sound, compact copy of a database beside it, in place of the former one. The former one stays when
 * anything fails. Errors: SqliteError, DATABASE_DAMAGED, errors of the file system.
 */
export function takeSnapshot(connection: Connection, path: string): void {
  const unfinished = `${snapshotPath(path)}.tmp`;
  rmSync(unfinished, { force: true });
  try {
    connection.prepare('VACUUM INTO ?').run(unfinished);
    assertGoodSnapshot(unfinished);
    replaceFile(unfinished, snapshotPath(path));
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/**
 * Puts a copy of the snapshot where the database was. Returns the snapshot's time (ISO 8601), null when there is no
 * snapshot. The database's own files must be out of the way. Errors: as `takeSnapshot`.
 */
export function restoreSnapshot(path: string): string | null {
  const snapshot = snapshotPath(path);
  if (!existsSync(snapshot)) return null;
  const unfinished = `${path}.restoring`;
  rmSync(unfinished, { force: true });
  try {
    copyToNew(snapshot, unfinished);
    assertGoodSnapshot(unfinished);
    replaceFile(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return statSync(snapshot).mtime.toISOString();
}

function assertGoodSnapshot(path: string): void {
  const connection = connectReadOnly(path);
  try {
    assertSound(connection);
    // An empty file passes for a sound database without tables.
    if (userVersion(connection) === 0) throw damagedError(path, 'it holds none of our tables');
  } finally {
    connection.close();
  }
}
