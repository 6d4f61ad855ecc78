import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { connect, isRecentEnough } from '../../../agent/store/connection.ts';
import { AT, anEvent, fill, openAt, temporaryFolder } from './_fixtures.ts';

test('a machine without a database gets one, folders included', (t) => {
  const path = join(temporaryFolder(t), 'var/lib/state.db');
  const store = openAt(path);
  t.deepEqual(store.condition, { state: 'created', detail: '', hint: '' });
  store.close();
  t.deepEqual(readdirSync(join(path, '..')), ['state.db']);
});

test('a database that was closed is found sound, with all that was in it', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const first = openAt(path);
  fill(first);
  const before = first.events({ limit: 1000 });
  first.close();
  const second = openAt(path);
  t.deepEqual(second.condition, { state: 'ok', detail: '', hint: '' });
  t.deepEqual(second.events({ limit: 1000 }), before);
  t.is(second.get('engine.since'), '1700000000000000001');
  second.close();
});

test('every open, the first and the later ones, makes each commit durable in WAL mode', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  for (const time of ['created', 'reopened', 'reopened again']) {
    const connection = connect(path);
    t.is(connection.pragma('synchronous', { simple: true }), 2, time);
    t.is(connection.pragma('journal_mode', { simple: true }), 'wal', time);
    t.is(connection.pragma('foreign_keys', { simple: true }), 1, time);
    connection.exec('CREATE TABLE IF NOT EXISTS something (id INTEGER PRIMARY KEY) STRICT');
    connection.close();
  }
});

test('SQLite with the WAL-reset bug is told from SQLite without it', (t) => {
  t.deepEqual(
    ['3.51.2', '3.7.0', '3.9.99', '2.99.99'].map((version) => isRecentEnough(version)),
    [false, false, false, false],
  );
  t.deepEqual(
    ['3.51.3', '3.52.0', '3.54.1', '4.0.0'].map((version) => isRecentEnough(version)),
    [true, true, true, true],
  );
});

test('setting a value to what it is already writes nothing to the disk', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const store = openAt(path);
  store.set('engine.since', '5');
  const observer = connect(path);
  const version = () => observer.pragma('data_version', { simple: true });
  const before = version();
  store.set('engine.since', '5');
  t.is(version(), before);
  store.set('engine.since', '6');
  t.not(version(), before);
  observer.close();
  store.close();
});

test('a store whose path cannot exist works in memory and says so', (t) => {
  const path = join(import.meta.filename, 'state.db');
  const store = openAt(path);
  t.is(store.condition.state, 'unwritable');
  t.regex(store.condition.detail, /cannot be used: .*EEXIST.*kept in memory only/);
  t.not(store.condition.hint, '');
  store.record(anEvent());
  store.hold({ service: 'livekit', since: AT, reason: 'docker stop', until: 'started', forMs: null });
  t.is(store.events({ limit: 10 }).length, 1);
  t.is(store.snapshot().state, 'skipped');
  store.close();
  t.false(existsSync(path));
});
