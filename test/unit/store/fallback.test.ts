import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { RETRY_MS } from '../../../agent/store/backing.ts';
import { connect } from '../../../agent/store/connection.ts';
import { anEvent, fill, handClock, openAt, temporaryFolder } from './_fixtures.ts';

test('a file that is damaged while it is open is replaced, from the snapshot and what was recorded since', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const clock = handClock();
  openAt(path, clock).close();
  const store = openAt(path, clock);
  fill(store);
  t.is(store.snapshot().state, 'taken');

  // Everything goes from the -wal into the file, and the store's cached pages are out of date.
  const other = connect(path);
  other.pragma('wal_checkpoint(TRUNCATE)');
  other.exec("INSERT INTO kv VALUES ('other', 'process')");
  const page =
    other.prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").pluck().get() ?? 0;
  other.close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, (page - 1) * 4096, page * 4096);
  writeFileSync(path, bytes);

  t.is(store.record(anEvent({ cause: 'after the damage' })), 61);
  t.is(store.condition.state, 'unwritable');
  t.regex(store.condition.detail, /malformed.*its snapshot is used/);
  clock.advance(RETRY_MS);
  t.is(store.events({ limit: 1 })[0]?.cause, 'after the damage');
  t.is(store.condition.state, 'recovered');
  store.close();

  t.is(readdirSync(dirname(path)).filter((name) => /\.corrupt-[0-9TZ]+$/.test(name)).length, 1);
  const again = openAt(path, clock);
  t.is(again.condition.state, 'ok');
  t.is(again.events({ limit: 100 }).length, 61);
  again.close();
});

test('a lock of another process moves the store to memory until the lock is gone', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const clock = handClock();
  const store = openAt(path, clock);
  fill(store, 3);
  const other = connect(path);
  other.exec('BEGIN IMMEDIATE');
  t.is(store.record(anEvent({ cause: 'while locked' })), 4);
  t.is(store.condition.state, 'unwritable');
  t.regex(store.condition.detail, /another process holds its lock/);
  other.exec('ROLLBACK');
  other.close();
  clock.advance(RETRY_MS - 1);
  store.get('a');
  t.is(store.condition.state, 'unwritable');
  clock.advance(1);
  store.get('a');
  t.is(store.condition.state, 'ok');
  store.close();
  const again = openAt(path, clock);
  t.is(again.events({ limit: 1 })[0]?.cause, 'while locked');
  again.close();
});

test('a database that could not be read is never overwritten with what is in memory', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'state.db');
  const former = openAt(path);
  fill(former);
  former.close();

  const clock = handClock();
  chmodSync(folder, 0o755);
  chmodSync(path, 0o000);
  const store = asOrdinaryUser(() => openAt(path, clock));
  t.is(store.condition.state, 'unwritable');
  t.regex(store.condition.detail, /What it holds could not be read \(EACCES.*there is no snapshot/);
  store.record(anEvent({ cause: 'in memory' }));
  chmodSync(path, 0o600);
  for (const _ of [1, 2]) {
    clock.advance(RETRY_MS);
    t.is(store.events({ limit: 1 })[0]?.cause, 'in memory');
    t.regex(store.condition.detail, /could not be read before, and is not overwritten/);
    t.regex(store.condition.hint, /systemctl restart appliance-agent/);
  }
  store.close();

  const again = openAt(path, clock);
  t.is(again.condition.state, 'ok');
  t.is(again.events({ limit: 100 }).length, 60);
  t.is(again.holds().length, 1);
  again.close();
});

/** Runs something with the rights of a user whom file modes bind, as they do not bind root. */
function asOrdinaryUser<T>(work: () => T): T {
  const own = process.geteuid?.() ?? 0;
  if (own !== 0) return work();
  process.seteuid?.(65534);
  try {
    return work();
  } finally {
    process.seteuid?.(own);
  }
}
