import { AgentError, describeError } from '../system/errors.ts';
import { type Connection, userVersion } from './connection.ts';
import { damagedError, faultOf } from './faults.ts';
import type { Migration } from './migrations.ts';

/**
 * Brings a database to our schema: checks that the migrations it has are ours, then applies the missing ones, each in
 * one transaction together with its record and `user_version`. `wall` is the time that is recorded.
 *
 * Errors: DATABASE_NEWER, MIGRATION_CHANGED, MIGRATION_FAILED, DATABASE_DAMAGED, and SqliteError for the disk's faults.
 */
export function migrate(connection: Connection, migrations: readonly Migration[], wall: string): void {
  const version = userVersion(connection);
  if (version > migrations.length) throw newerError(connection.name, version, migrations.length);
  if (version < 0) throw damagedError(connection.name, `its version is ${version}`);
  verifyHistory(connection, migrations.slice(0, version));
  for (const migration of migrations.slice(version)) apply(connection, migration, wall);
}

export function newerError(path: string, version: number, ours: number): AgentError {
  return new AgentError({
    code: 'DATABASE_NEWER',
    message: `${path} was written by a newer version of the agent (schema ${version}, this one knows ${ours})`,
    hint: 'Install the newer version again. The file is left untouched; until then nothing is remembered across restarts.',
  });
}

function verifyHistory(connection: Connection, applied: readonly Migration[]): void {
  if (applied.length === 0) return;
  const recorded = new Map(
    connection
      .prepare<[], { version: number; checksum: string }>('SELECT version, checksum FROM migrations')
      .all()
      .map(({ version, checksum }) => [version, checksum]),
  );
  const changed = applied.find(({ version, checksum }) => recorded.get(version) !== checksum);
  if (changed === undefined) return;
  throw new AgentError({
    code: 'MIGRATION_CHANGED',
    message: `Migration ${changed.name} is not the one that was applied to ${connection.name}`,
    hint: 'Install an unmodified release of the agent. The file is left as it is; until then nothing is remembered across restarts.',
  });
}

function apply(connection: Connection, migration: Migration, wall: string): void {
  const { version, name, sql, checksum } = migration;
  const record = () => {
    connection.exec(sql);
    connection
      .prepare('INSERT INTO migrations (version, name, checksum, wall) VALUES (?, ?, ?, ?)')
      .run(version, name, checksum, wall);
    connection.pragma(`user_version = ${version}`);
  };
  try {
    connection.transaction(record).immediate();
  } catch (error) {
    // Here SQLITE_ERROR and broken constraints are the script's doing: only the disk's faults are passed on.
    if (faultOf(error) === 'unwritable') throw error;
    throw new AgentError({
      code: 'MIGRATION_FAILED',
      message: `Migration ${name} could not be applied to ${connection.name}: ${describeError(error)}`,
      hint: 'Report this with the message. The file is left as it was; until then nothing is remembered across restarts.',
      cause: error,
    });
  }
}
