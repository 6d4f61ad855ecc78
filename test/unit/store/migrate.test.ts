import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../../../agent/store/connection.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import { AT, anEvent, fill, handClock, MIGRATIONS, openAt, temporaryFolder } from './_fixtures.ts';

const OURS = readdirSync(MIGRATIONS).sort();
const fileNumber = (version: number) => String(version).padStart(4, '0');
const SITE = `${fileNumber(OURS.length + 1)}_site`;

/** The project's migrations in a folder of their own, and further ones. */
function migrationsWith(t: ExecutionContext, further: Record<string, string>): string {
  const folder = temporaryFolder(t);
  for (const file of OURS) copyFileSync(join(MIGRATIONS, file), join(folder, file));
  for (const [name, sql] of Object.entries(further)) writeFileSync(join(folder, name), sql);
  return folder;
}

const ADD_SITE = "CREATE TABLE site (name TEXT NOT NULL) STRICT; INSERT INTO site VALUES ('here');";

function inspect(path: string, sql: string): unknown[] {
  const connection = connect(path);
  try {
    return connection.prepare<[], unknown>(sql).pluck().all();
  } finally {
    connection.close();
  }
}

test('a new migration is applied to a database that has the former ones, and its content stays', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const clock = handClock();
  const former = openAt(path, clock, migrationsWith(t, {}));
  fill(former);
  former.close();
  const store = openAt(path, clock, migrationsWith(t, { [`${SITE}.sql`]: ADD_SITE }));
  t.is(store.condition.state, 'ok');
  t.is(store.events({ limit: 100 }).length, 60);
  store.close();
  t.deepEqual(inspect(path, 'SELECT name FROM site'), ['here']);
  t.deepEqual(inspect(path, 'PRAGMA user_version'), [OURS.length + 1]);
  t.deepEqual(inspect(path, 'SELECT name FROM migrations ORDER BY version'), [
    ...OURS.map((file) => file.replace('.sql', '')),
    SITE,
  ]);
});

test('a migration that fails changes nothing, and the store works in memory', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const former = openAt(path, handClock(), migrationsWith(t, {}));
  fill(former);
  former.close();
  // It succeeds on an empty database, and fails on one with events: as a migration in the field may.
  const failing =
    'CREATE TABLE site (id INTEGER PRIMARY KEY CHECK (id < 5)) STRICT; INSERT INTO site SELECT id FROM events;';
  const store = openAt(path, handClock(), migrationsWith(t, { [`${SITE}.sql`]: failing }));
  t.is(store.condition.state, 'unmigrated');
  t.regex(store.condition.detail, new RegExp(`Migration ${SITE} could not be applied`));
  t.is(store.record(anEvent()), 1);
  store.close();
  t.deepEqual(inspect(path, 'PRAGMA user_version'), [OURS.length]);
  t.deepEqual(inspect(path, "SELECT name FROM sqlite_schema WHERE name = 'site'"), []);
  t.deepEqual(inspect(path, 'SELECT count(*) FROM events'), [60]);
});

test('a changed migration that was applied is a condition, and the database keeps its content', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const former = openAt(path);
  fill(former);
  former.close();
  const changed = migrationsWith(t, {});
  const sql = readFileSync(join(MIGRATIONS, '0001_initial.sql'), 'utf8');
  writeFileSync(join(changed, '0001_initial.sql'), `${sql}\n-- changed afterwards\n`);
  const store = openAt(path, handClock(), changed);
  t.is(store.condition.state, 'unmigrated');
  t.regex(store.condition.detail, /Migration 0001_initial is not the one that was applied/);
  t.deepEqual(store.events({ limit: 10 }), []);
  store.hold({ service: 'livekit', since: AT, reason: 'docker stop', until: 'started', forMs: null });
  store.close();
  t.deepEqual(inspect(path, 'SELECT service FROM holds'), ['coturn']);
});

test('a database of a newer version is not touched, not one byte, and the store works in memory', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const newer = openAt(path, handClock(), migrationsWith(t, { [`${SITE}.sql`]: ADD_SITE }));
  fill(newer);
  newer.close();
  const before = readFileSync(path);
  const store = openAt(path);
  t.is(store.condition.state, 'newer');
  t.true(
    store.condition.detail.includes(
      `written by a newer version of the agent (schema ${OURS.length + 1}, this one knows ${OURS.length})`,
    ),
  );
  t.is(store.record(anEvent()), 1);
  store.hold({ service: 'livekit', since: AT, reason: 'docker stop', until: 'started', forMs: null });
  t.is(store.snapshot().state, 'skipped');
  store.close();
  t.is(readFileSync(path).compare(before), 0);
  t.deepEqual(
    readdirSync(dirname(path)).filter((name) => name.includes('corrupt')),
    [],
  );
});

test('a newer database that was killed before its checkpoint is recognised by its -wal', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'state.db');
  openAt(path).close();
  const newer = openAt(path, handClock(), migrationsWith(t, { [`${SITE}.sql`]: ADD_SITE }));
  newer.record(anEvent());
  const crashed = join(folder, 'crashed.db');
  copyFileSync(path, crashed);
  copyFileSync(`${path}-wal`, `${crashed}-wal`);
  newer.close();
  const [before, walBefore] = [readFileSync(crashed), readFileSync(`${crashed}-wal`)];
  const store = openAt(crashed);
  t.is(store.condition.state, 'newer');
  store.close();
  t.is(readFileSync(crashed).compare(before), 0);
  t.is(readFileSync(`${crashed}-wal`).compare(walBefore), 0);
  t.deepEqual(inspect(crashed, 'SELECT count(*) FROM events'), [1]);
});

test('a snapshot of a newer version is restored for that version, and the store works in memory', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const newer = openAt(path, handClock(), migrationsWith(t, { [`${SITE}.sql`]: ADD_SITE }));
  fill(newer);
  newer.snapshot();
  newer.close();
  writeFileSync(path, 'garbage '.repeat(1000));
  const store = openAt(path);
  t.is(store.condition.state, 'newer');
  t.deepEqual(store.events({ limit: 10 }), []);
  store.close();
  t.deepEqual(inspect(path, 'SELECT name FROM site'), ['here']);
  t.deepEqual(inspect(path, 'SELECT count(*) FROM events'), [60]);
});

const incomplete: Record<string, Record<string, string>> = {
  'with a gap': { [`${fileNumber(OURS.length + 2)}_later.sql`]: ADD_SITE },
  'with a name that is not ours': { 'notes.sql': ADD_SITE },
  'with one number twice': { '0001_second.sql': ADD_SITE },
};
for (const [what, files] of Object.entries(incomplete)) {
  test(`a folder of migrations ${what} is a damaged installation`, (t) => {
    const path = join(temporaryFolder(t), 'state.db');
    const folder = migrationsWith(t, files);
    const error = t.throws(() => openAt(path, handClock(), folder), { instanceOf: AgentError });
    t.is(error?.code, 'MIGRATIONS_MISSING');
  });
}

test('a folder of migrations that is empty or absent is a damaged installation', (t) => {
  const folder = temporaryFolder(t);
  for (const migrations of [folder, join(folder, 'absent')]) {
    const error = t.throws(() => openAt(join(folder, 'state.db'), handClock(), migrations), {
      instanceOf: AgentError,
    });
    t.is(error?.code, 'MIGRATIONS_MISSING');
  }
});
