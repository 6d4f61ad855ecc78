import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeError } from '../system/errors.ts';
import { type Connection, connect, connectReadOnly, userVersion } from './connection.ts';
import { removeDatabase, replaceFile } from './durable-files.ts';
import { faultOf } from './faults.ts';
import { assertSound } from './integrity.ts';
import { migrate, newerError } from './migrate.ts';
import type { Migration } from './migrations.ts';
import { prepareQueries, type Queries } from './queries.ts';
import { setAside } from './set-aside.ts';
import { restoreSnapshot, snapshotPath } from './snapshot.ts';

export interface FileLocation {
  readonly path: string;
  readonly migrations: readonly Migration[];
  /** The time now (ISO 8601), for names and records. */
  readonly wall: string;
}

interface OpenDatabase {
  readonly connection: Connection;
  readonly queries: Queries;
}

export interface OpenedFile extends OpenDatabase {
  readonly state: 'ok' | 'created' | 'recovered';
  readonly detail: string;
}

/**
 * Opens the database file, sound and at our schema. A damaged one is set aside and replaced by its snapshot, or by a
 * new one. Errors, after which the file is as it was: DATABASE_NEWER, MIGRATION_CHANGED, MIGRATION_FAILED; and whatever
 * the disk answers when it cannot be written.
 */
export function openFile(location: FileLocation): OpenedFile {
  const { path } = location;
  mkdirSync(dirname(path), { recursive: true });
  const missing = whatIsMissing(path);
  if (missing === 'everything') return create(location);
  if (missing !== null) return recover(location, missing);
  try {
    inspect(location);
    return { ...openForUse(location), state: 'ok', detail: '' };
  } catch (error) {
    if (faultOf(error) !== 'damaged') throw error;
    return recover(location, describeError(error));
  }
}

/** `everything` on a machine that never had a database; null when there is a file to open. */
function whatIsMissing(path: string): string | null {
  if (existsSync(path)) return statSync(path).size === 0 ? `${path} is empty` : null;
  return existsSync(snapshotPath(path)) || existsSync(`${path}-wal`) ? `${path} is gone` : 'everything';
}

/** Made beside its place and put there whole: a power cut or a full disk leaves no half of a database behind. */
function create(location: FileLocation): OpenedFile {
  const unfinished = `${location.path}.new`;
  removeDatabase(unfinished);
  try {
    openForUse({ ...location, path: unfinished }).connection.close();
    replaceFile(unfinished, location.path);
  } finally {
    removeDatabase(unfinished);
  }
  const { connection, queries } = openForUse(location);
  return { connection, queries, state: 'created', detail: '' };
}

function recover(location: FileLocation, finding: string): OpenedFile {
  const aside = setAside(location.path, location.wall);
  const kept = aside === null ? '' : ` What was there is kept as ${aside}.`;
  const { opened, outcome } = restore(location);
  const { connection, queries } = opened ?? create(location);
  return { connection, queries, state: 'recovered', detail: `${finding}.${kept} ${outcome}` };
}

function restore(location: FileLocation): { opened: OpenDatabase | null; outcome: string } {
  const startedAnew = 'a new database was begun; holds and history are lost.';
  try {
    const takenAt = restoreSnapshot(location.path);
    if (takenAt === null) return { opened: null, outcome: `There was no snapshot: ${startedAnew}` };
    return { opened: openForUse(location), outcome: `The snapshot of ${takenAt} was restored.` };
  } catch (error) {
    if (faultOf(error) !== 'damaged') throw error;
    setAside(location.path, location.wall);
    return { opened: null, outcome: `The snapshot is damaged too: ${startedAnew}` };
  }
}

/**
 * Looks at the file before anything may write to it: closing a connection that may write moves the content of the
 * -wal into the file, and a damaged or newer database is to be kept as it is, -wal included.
 */
function inspect({ path, migrations }: FileLocation): void {
  const connection = connectReadOnly(path);
  try {
    // The version first: what a newer schema holds may look like damage to this one.
    const version = userVersion(connection);
    if (version > migrations.length) throw newerError(path, version, migrations.length);
    assertSound(connection);
  } finally {
    connection.close();
  }
}

function openForUse({ path, migrations, wall }: FileLocation): OpenDatabase {
  const connection = connect(path);
  try {
    // A second time: SQLite does not check the CHECK constraints of a connection that only reads.
    assertSound(connection);
    migrate(connection, migrations, wall);
    return { connection, queries: prepareQueries(connection) };
  } catch (error) {
    connection.close();
    throw error;
  }
}
