import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { RecordedEvent, StoreCondition } from '../../../agent/store/types.ts';
import { testWhen } from '../../support/needs.ts';
import { temporaryFolder } from './_fixtures.ts';

/** A user and a mount namespace of our own: a real tmpfs can be mounted there without root. */
const NAMESPACE = ['--user', '--map-root-user', '--mount'];

function reasonToSkip(): string | null {
  const probe = spawnSync('unshare', [...NAMESPACE, 'mount', '-t', 'tmpfs', 'none', '/mnt'], {
    timeout: 5000,
  });
  return probe.status === 0 ? null : 'needs unshare and user namespaces, to mount a small disk without root';
}

/** Plays a scenario of `_failing-disk.ts` on a disk of 400 KiB. */
function play(scenario: string, folder: string): unknown {
  const script = 'mount -t tmpfs -o size=400k none "$2" && exec "$0" --import=tsx "$3" "$1" "$2"';
  const output = execFileSync(
    'unshare',
    [
      ...NAMESPACE,
      'sh',
      '-c',
      script,
      process.execPath,
      scenario,
      folder,
      join(import.meta.dirname, '_failing-disk.ts'),
    ],
    { encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return JSON.parse(output);
}

const diskTest = testWhen(reasonToSkip());

diskTest(
  'a disk that fills up moves the store to memory, and everything is on the disk once it is freed',
  (t) => {
    const seen = play('fills up while open', temporaryFolder(t)) as {
      ids: number[];
      full: StoreCondition;
      concluded: boolean;
      skipped: string;
      beforeRetry: string;
      afterRetry: StoreCondition;
      reopened: string;
      count: number;
      same: boolean;
      holds: string[];
    };
    t.deepEqual(seen.ids, [21, 50]);
    t.is(seen.full.state, 'unwritable');
    t.regex(
      seen.full.detail,
      /cannot be used: the disk is full\. Since .* everything is kept in memory only\./,
    );
    t.regex(seen.full.hint, /^Make room on the disk that holds/);
    t.true(seen.concluded);
    t.is(seen.skipped, 'skipped');
    t.is(seen.beforeRetry, 'unwritable');
    t.deepEqual(seen.afterRetry, { state: 'ok', detail: '', hint: '' });
    t.is(seen.reopened, 'ok');
    t.is(seen.count, 52);
    t.true(seen.same);
    t.deepEqual(seen.holds, ['livekit']);
  },
);

diskTest('whoever made room need not wait for the regular try', (t) => {
  t.deepEqual(play('is freed on purpose', temporaryFolder(t)), {
    full: 'unwritable',
    stillFull: 'unwritable',
    freed: 'ok',
    count: 35,
  });
});

diskTest('what is in memory is written at the end when the disk can be written then', (t) => {
  const seen = play('is freed only when the agent ends', temporaryFolder(t)) as {
    id: number;
    newest: RecordedEvent;
  };
  t.is(seen.id, 6);
  t.is(seen.newest.id, 6);
  t.is(seen.newest.cause, 'while full');
});

diskTest('a first start on a full disk works in memory until there is room', (t) => {
  const seen = play('is full at the first start', temporaryFolder(t)) as {
    full: StoreCondition;
    id: number;
    freed: StoreCondition;
    files: string[];
  };
  t.is(seen.full.state, 'unwritable');
  t.regex(seen.full.detail, /the disk is full/);
  t.is(seen.id, 1);
  t.deepEqual(seen.freed, { state: 'created', detail: '', hint: '' });
  t.deepEqual(seen.files, ['state.db']);
});

diskTest('a read-only file system is read, so that holds are respected, and written once it can be', (t) => {
  const seen = play('is read-only at the start', temporaryFolder(t)) as {
    readOnly: StoreCondition;
    seen: { events: number; holds: number };
    writable: string;
    newest: string;
    holds: number;
  };
  t.is(seen.readOnly.state, 'unwritable');
  t.regex(seen.readOnly.detail, /its file system is read-only/);
  t.deepEqual(seen.seen, { events: 5, holds: 1 });
  t.is(seen.writable, 'ok');
  t.is(seen.newest, 'while read-only');
  t.is(seen.holds, 0);
});

diskTest('a damaged database on a read-only file system is replaced by its snapshot once it can be', (t) => {
  const seen = play('is read-only with a damaged database', temporaryFolder(t)) as {
    readOnly: StoreCondition;
    seen: number;
    writable: string;
    count: number;
  };
  t.is(seen.readOnly.state, 'unwritable');
  t.regex(seen.readOnly.detail, /its snapshot is used/);
  t.is(seen.seen, 5);
  t.is(seen.writable, 'recovered');
  t.is(seen.count, 6);
});

diskTest('a full disk on which a damaged database cannot be replaced loses nothing of its snapshot', (t) => {
  const seen = play('is full with a damaged database', temporaryFolder(t)) as {
    full: StoreCondition;
    seen: { events: number; holds: number };
    freed: string;
    count: number;
  };
  t.is(seen.full.state, 'unwritable');
  t.regex(seen.full.detail, /the disk is full/);
  t.deepEqual(seen.seen, { events: 5, holds: 1 });
  t.is(seen.freed, 'recovered');
  t.is(seen.count, 6);
});

diskTest('an empty database on a read-only file system does not hide its snapshot', (t) => {
  const seen = play('is read-only with an empty database', temporaryFolder(t)) as {
    holds: number;
    writable: string;
    count: number;
  };
  t.deepEqual(seen, { holds: 1, writable: 'recovered', count: 5 });
});
