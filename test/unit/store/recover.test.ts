import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../../../agent/store/connection.ts';
import { anEvent, fill, handClock, openAt, temporaryFolder } from './_fixtures.ts';

const PAGE = 4096;

/** A closed database with 60 events, a hold and more; with a snapshot of it when asked. */
function aDatabase(t: ExecutionContext, options: { snapshot: boolean }): string {
  const path = join(temporaryFolder(t), 'state.db');
  const store = openAt(path);
  fill(store);
  if (options.snapshot) t.is(store.snapshot().state, 'taken');
  store.close();
  return path;
}

function flipBit(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 0x10;
  writeFileSync(path, bytes);
}

/** The root page of the events table, whose header a test may damage. */
function rootPageOfEvents(path: string): number {
  const connection = connect(path);
  const page = connection
    .prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'events'")
    .pluck()
    .get();
  connection.close();
  return page ?? 0;
}

const asideOf = (path: string) =>
  readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.corrupt-`));

const damages: Record<string, (path: string) => void> = {
  'a truncated file': (path) => truncateSync(path, PAGE * 3),
  'a file that was cut within a page': (path) => truncateSync(path, readFileSync(path).length - 1000),
  'a file of which only the beginning is left': (path) => truncateSync(path, 50),
  'an empty file': (path) => truncateSync(path, 0),
  'a file of garbage': (path) => writeFileSync(path, 'this was never a database\n'.repeat(400)),
  'a flipped bit in the type of a page': (path) => flipBit(path, PAGE * (rootPageOfEvents(path) - 1)),
  'a flipped bit in the cell count of a page': (path) =>
    flipBit(path, PAGE * (rootPageOfEvents(path) - 1) + 4),
  'a flipped bit in the schema page': (path) => flipBit(path, 100),
  'a database without our tables': (path) => {
    const connection = connect(path);
    connection.exec('DROP TABLE events');
    connection.close();
  },
  'a row that breaks the rules of its table': (path) => {
    const connection = connect(path);
    connection.pragma('ignore_check_constraints = ON');
    connection.exec("UPDATE events SET result = 'banana' WHERE id = 7");
    connection.close();
  },
};

for (const [what, damage] of Object.entries(damages)) {
  test(`${what} is set aside as it is, and the snapshot is restored`, (t) => {
    const path = aDatabase(t, { snapshot: true });
    damage(path);
    const damaged = readFileSync(path);
    const store = openAt(path);
    t.is(store.condition.state, 'recovered');
    t.regex(
      store.condition.detail,
      /kept as .*state\.db\.corrupt-20261122T130000000Z\. The snapshot of .* was restored\.$/,
    );
    t.is(store.events({ limit: 100 }).length, 60);
    t.deepEqual(
      store.holds().map(({ service }) => service),
      ['coturn'],
    );
    store.record(anEvent());
    store.close();

    const aside = asideOf(path).filter((name) => !name.endsWith('-wal') && !name.endsWith('-shm'));
    t.deepEqual(aside, ['state.db.corrupt-20261122T130000000Z']);
    t.is(readFileSync(join(dirname(path), aside[0] ?? '')).compare(damaged), 0);
    const again = openAt(path);
    t.is(again.condition.state, 'ok');
    t.is(again.events({ limit: 100 }).length, 61);
    again.close();
  });
}

test('a damaged database without a snapshot is replaced by a new one', (t) => {
  const path = aDatabase(t, { snapshot: false });
  writeFileSync(path, 'garbage '.repeat(1000));
  const store = openAt(path);
  t.is(store.condition.state, 'recovered');
  t.regex(
    store.condition.detail,
    /There was no snapshot: a new database was begun; holds and history are lost\.$/,
  );
  t.deepEqual(store.events({ limit: 10 }), []);
  store.close();
  t.is(asideOf(path).length, 1);
});

test('a snapshot that is damaged too is not used', (t) => {
  const path = aDatabase(t, { snapshot: true });
  writeFileSync(path, 'garbage '.repeat(1000));
  flipBit(`${path}.snapshot`, 100);
  const store = openAt(path);
  t.is(store.condition.state, 'recovered');
  t.regex(store.condition.detail, /The snapshot is damaged too/);
  t.deepEqual(store.events({ limit: 10 }), []);
  t.is(store.record(anEvent()), 1);
  store.close();
});

test('an empty snapshot does not pass for a database', (t) => {
  const path = aDatabase(t, { snapshot: true });
  truncateSync(`${path}.snapshot`, 0);
  writeFileSync(path, 'garbage '.repeat(1000));
  const store = openAt(path);
  t.regex(store.condition.detail, /The snapshot is damaged too/);
  store.close();
});

test('the -wal and -shm of a damaged database go with it', (t) => {
  const path = aDatabase(t, { snapshot: true });
  writeFileSync(path, 'garbage '.repeat(1000));
  writeFileSync(`${path}-wal`, 'left behind');
  writeFileSync(`${path}-shm`, 'left behind');
  const store = openAt(path);
  t.is(store.events({ limit: 100 }).length, 60);
  store.close();
  const name = 'state.db.corrupt-20261122T130000000Z';
  t.deepEqual(asideOf(path).sort(), [name, `${name}-shm`, `${name}-wal`]);
});

test('a database that was killed and is damaged is kept byte for byte, its -wal included', (t) => {
  const path = aDatabase(t, { snapshot: true });
  const store = openAt(path);
  store.set('engine.since', 'newer than the snapshot');
  const crashed = join(dirname(path), 'crashed.db');
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, crashed + suffix);
  store.close();
  copyFileSync(`${path}.snapshot`, `${crashed}.snapshot`);
  flipBit(crashed, PAGE * (rootPageOfEvents(path) - 1));
  const [file, wal] = [readFileSync(crashed), readFileSync(`${crashed}-wal`)];
  t.true(wal.length > 0);

  const recovered = openAt(crashed);
  t.is(recovered.condition.state, 'recovered');
  t.is(recovered.events({ limit: 100 }).length, 60);
  recovered.close();
  const aside = join(dirname(path), 'crashed.db.corrupt-20261122T130000000Z');
  t.is(readFileSync(aside).compare(file), 0);
  t.is(readFileSync(`${aside}-wal`).compare(wal), 0);
});

test('a database that is gone while its snapshot is there is restored, and a stray -wal is not applied to it', (t) => {
  const path = aDatabase(t, { snapshot: true });
  const store = openAt(path);
  store.record(anEvent());
  // What a power cut between setting the database aside and restoring it leaves behind.
  const wal = readFileSync(`${path}-wal`);
  t.true(wal.length > 0);
  store.close();
  renameSync(path, `${path}.elsewhere`);
  writeFileSync(`${path}-wal`, wal);
  const recovered = openAt(path);
  t.is(recovered.condition.state, 'recovered');
  t.regex(recovered.condition.detail, /state\.db is gone\..*The snapshot of/);
  t.is(recovered.events({ limit: 100 }).length, 60);
  recovered.close();
});

test('two damaged databases of the same second are both kept', (t) => {
  const path = aDatabase(t, { snapshot: false });
  for (const text of ['first ', 'second ']) {
    rmSync(`${path}-wal`, { force: true });
    writeFileSync(path, text.repeat(1000));
    openAt(path).close();
  }
  const kept = asideOf(path).map((name) => readFileSync(join(dirname(path), name), 'utf8').split(' ')[0]);
  t.deepEqual(kept.sort(), ['first', 'second']);
});

test('a snapshot is taken when something changed, and replaces the former one', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const store = openAt(path);
  store.record(anEvent());
  t.is(store.snapshot().state, 'taken');
  const first = readFileSync(`${path}.snapshot`);
  t.is(store.snapshot().state, 'unchanged');
  fill(store, 40);
  t.is(store.snapshot().state, 'taken');
  t.not(readFileSync(`${path}.snapshot`).compare(first), 0);
  store.close();
  t.false(existsSync(`${path}.snapshot.tmp`));
});

test('a snapshot that cannot be written leaves the former one and throws nothing', (t) => {
  const path = join(temporaryFolder(t), 'state.db');
  const store = openAt(path, handClock());
  store.record(anEvent());
  t.is(store.snapshot().state, 'taken');
  const former = readFileSync(`${path}.snapshot`);
  store.record(anEvent());
  rmSync(`${path}.snapshot`);
  writeFileSync(join(dirname(path), 'kept'), former);
  // A folder in its place: the rename at the end cannot succeed, not even for root.
  renameSync(temporaryFolder(t), `${path}.snapshot`);
  t.is(store.snapshot().state, 'failed');
  t.not(store.snapshot().detail, '');
  t.false(existsSync(`${path}.snapshot.tmp`));
  store.record(anEvent());
  t.is(store.condition.state, 'created');
  store.close();
});
