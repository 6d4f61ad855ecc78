import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentError } from '../system/errors.ts';

/** A step of the schema, `NNNN_name.sql`. */
export interface Migration {
  /** Counted from 1 without gaps; it is the database's `user_version` once applied. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, 64 hex digits. */
  readonly checksum: string;
}

/**
 * Reads the migrations of a folder in their order. Error MIGRATIONS_MISSING: the folder cannot be read, or what is in
 * it is not 0001 to NNNN: the installation is incomplete, and nothing else can be trusted either.
 */
export function readMigrations(directory: string): readonly Migration[] {
  const migrations = fileNames(directory).map((file) => readMigration(directory, file));
  for (const [index, { name, version }] of migrations.entries()) {
    if (version !== index + 1) throw incomplete(directory, `${name} is not number ${index + 1}`);
  }
  if (migrations.length === 0) throw incomplete(directory, 'it holds no migration');
  return migrations;
}

function fileNames(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.sql'))
      .sort();
  } catch (error) {
    throw incomplete(directory, 'it cannot be read', error);
  }
}

function readMigration(directory: string, file: string): Migration {
  const match = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(file);
  if (match === null) throw incomplete(directory, `${file} is not named NNNN_name.sql`);
  const sql = readFileSync(join(directory, file), 'utf8');
  const checksum = createHash('sha256').update(sql).digest('hex');
  return { version: Number(match[1]), name: file.slice(0, -'.sql'.length), sql, checksum };
}

function incomplete(directory: string, finding: string, cause?: unknown): AgentError {
  return new AgentError({
    code: 'MIGRATIONS_MISSING',
    message: `The migrations in ${directory} are not complete: ${finding}`,
    hint: 'The installation is damaged. Run install.sh again.',
    cause,
  });
}
