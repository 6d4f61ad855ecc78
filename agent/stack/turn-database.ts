import { existsSync } from 'node:fs';
import { chmod, chown, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { syncPath } from '../system/files.ts';
import type { RenderedFile } from './types.ts';

/** Below `Paths.rendered` and below `/etc` of the container. */
export const TURN_DATABASE = 'coturn/turn.db';

/**
 * coturn's tables (turndb/schema.sql of 4.6.1). It asks for more than the secrets, and complains of what is missing.
 * WITHOUT ROWID: the secrets are then one page, and a write that is cut off leaves the old or the new ones.
 */
const SCHEMA = `
CREATE TABLE turnusers_lt (realm varchar(127) default '', name varchar(512), hmackey char(128), PRIMARY KEY (realm, name));
CREATE TABLE turn_secret (realm varchar(127) default '', value varchar(256), PRIMARY KEY (realm, value)) WITHOUT ROWID;
CREATE TABLE allowed_peer_ip (realm varchar(127) default '', ip_range varchar(256), PRIMARY KEY (realm, ip_range));
CREATE TABLE denied_peer_ip (realm varchar(127) default '', ip_range varchar(256), PRIMARY KEY (realm, ip_range));
CREATE TABLE turn_origin_to_realm (origin varchar(127), realm varchar(127), PRIMARY KEY (origin));
CREATE TABLE turn_realm_option (realm varchar(127) default '', opt varchar(32), value varchar(128), PRIMARY KEY (realm, opt));
CREATE TABLE oauth_key (kid varchar(128), ikm_key varchar(256), timestamp bigint default 0, lifetime integer default 0,
  as_rs_alg varchar(64) default '', realm varchar(127) default '', PRIMARY KEY (kid));
CREATE TABLE admin_user (name varchar(32), realm varchar(127), password varchar(127), PRIMARY KEY (name));`;

/** So long a write waits for coturn to have read, milliseconds; that takes microseconds. */
const BUSY_MS = 2_000;

interface Row {
  readonly realm: string;
  readonly value: string;
}

/**
 * What the database of coturn's secrets says: `REALM SECRET`, a line each, sorted. coturn asks it anew for whoever
 * makes an allocation (userdb.c, get_auth_secrets), and never again for one that exists (ns_turn_server.c,
 * hmackey_set): so that secrets come and go under a relay that goes on. Lines in its configuration are read at its
 * start only.
 */
export function turnDatabaseText(realm: string, secrets: readonly string[]): string {
  return textOf([...new Set(secrets)].map((value) => ({ realm, value })));
}

/** The same of the file; null when there is none, '' for what is no database of coturn's. */
export function readTurnDatabase(path: string): string | null {
  if (!existsSync(path)) return null;
  try {
    const database = new Database(path, { readonly: true, timeout: BUSY_MS });
    try {
      return textOf(database.prepare<[], Row>('SELECT realm, value FROM turn_secret').all());
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof Database.SqliteError) return '';
    throw error;
  }
}

/**
 * Makes it say that. A sound one is changed in its place, for coturn holds it open; a journal in memory, because coturn
 * sees the folder read-only and could not roll one back. Any other is replaced. Errors: SqliteError, errors of the file
 * system.
 */
export async function writeTurnDatabase(path: string, file: RenderedFile): Promise<void> {
  const isSound = (readTurnDatabase(path) ?? '') !== '' && (await isOwnedAs(file, path));
  const place = isSound ? path : `${path}.new`;
  if (!isSound) await rm(place, { force: true });
  writeRows(place, file.content, isSound ? '' : SCHEMA);
  if (!isSound) {
    // In this order, while it is ours still: to change the mode of another's file the agent lacks CAP_FOWNER.
    await chmod(place, file.mode);
    await chown(place, file.owner.uid, file.owner.gid);
  }
  await syncPath(place);
  if (!isSound) await rename(place, path);
  await syncPath(dirname(path));
}

async function isOwnedAs({ mode, owner }: RenderedFile, path: string): Promise<boolean> {
  const found = await stat(path);
  return (found.mode & 0o7777) === mode && found.uid === owner.uid && found.gid === owner.gid;
}

function writeRows(path: string, content: string, schema: string): void {
  const database = new Database(path, { timeout: BUSY_MS });
  try {
    // While a commit is written coturn is refused: it must take no longer than memory does.
    database.exec(
      `PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON; ${schema}`,
    );
    const insert = database.prepare('INSERT INTO turn_secret (realm, value) VALUES (?, ?)');
    const replace = database.transaction(() => {
      database.exec('DELETE FROM turn_secret');
      for (const line of content.trimEnd().split('\n')) insert.run(...line.split(' '));
    });
    replace.immediate();
  } finally {
    database.close();
  }
}

function textOf(rows: readonly Row[]): string {
  return rows
    .map(({ realm, value }) => `${realm} ${value}\n`)
    .sort()
    .join('');
}
