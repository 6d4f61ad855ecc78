/**
 * Runs in a mount namespace of its own, on a small tmpfs that it fills, makes read-only and frees: what a store goes
 * through there, as one JSON object. Arguments: the scenario, the folder.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../../agent/system/errors.ts';
import { AT, anEvent, fill, handClock, openAt } from './_fixtures.ts';

const [, , scenario = '', folder = ''] = process.argv;
const path = join(folder, 'state.db');
const ballast = join(folder, 'ballast');
const clock = handClock();

function fillDisk(): void {
  try {
    writeFileSync(ballast, Buffer.alloc(64 * 1024 * 1024));
  } catch (error) {
    if (!isErrno(error, 'ENOSPC')) throw error;
  }
}

/** Of this mount alone (`bind`): to change the file system itself takes rights that a user has not. */
function remount(option: 'ro' | 'rw'): void {
  const options = `remount,bind,${option}`;
  execFileSync('mount', ['-o', options, folder], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 5000 });
}

const scenarios: Record<string, () => unknown> = {
  'fills up while open': () => {
    const store = openAt(path, clock);
    fill(store, 20);
    fillDisk();
    const ids = Array.from({ length: 30 }, () => store.record(anEvent({ evidence: 'y'.repeat(3000) })));
    const full = store.condition;
    const concluded = store.conclude(ids[0] ?? 0, {
      action: 'a',
      result: 'failed',
      resultDetail: 'd',
      durationMs: 1,
    });
    store.release('coturn');
    store.hold({ service: 'livekit', since: AT, reason: 'docker stop', until: 'started', forMs: null });
    const skipped = store.snapshot().state;
    rmSync(ballast);
    store.record(anEvent());
    const beforeRetry = store.condition.state;
    clock.advance(60_000);
    store.record(anEvent());
    const afterRetry = store.condition;
    const inMemory = store.events({ limit: 1000 });
    store.close();

    const reopened = openAt(path, clock);
    const onDisk = reopened.events({ limit: 1000 });
    const answer = {
      ids: [ids[0], ids.at(-1)],
      full,
      concluded,
      skipped,
      beforeRetry,
      afterRetry,
      reopened: reopened.condition.state,
      count: onDisk.length,
      same: JSON.stringify(onDisk) === JSON.stringify(inMemory),
      holds: reopened.holds().map(({ service }) => service),
    };
    reopened.close();
    return answer;
  },

  'is freed on purpose': () => {
    const store = openAt(path, clock);
    fill(store, 5);
    fillDisk();
    for (let more = 0; more < 30; more += 1) store.record(anEvent({ evidence: 'y'.repeat(3000) }));
    const full = store.condition.state;
    store.retry();
    const stillFull = store.condition.state;
    rmSync(ballast);
    store.retry();
    const answer = {
      full,
      stillFull,
      freed: store.condition.state,
      count: store.events({ limit: 1000 }).length,
    };
    store.close();
    return answer;
  },

  'is freed only when the agent ends': () => {
    const store = openAt(path, clock);
    fill(store, 5);
    fillDisk();
    const id = store.record(anEvent({ evidence: 'y'.repeat(3000), cause: 'while full' }));
    rmSync(ballast);
    store.close();
    const reopened = openAt(path, clock);
    const answer = { id, newest: reopened.events({ limit: 1 })[0] };
    reopened.close();
    return answer;
  },

  'is full at the first start': () => {
    fillDisk();
    const store = openAt(path, clock);
    const full = store.condition;
    const id = store.record(anEvent());
    rmSync(ballast);
    clock.advance(60_000);
    store.set('a', 'b');
    const freed = store.condition;
    store.close();
    return { full, id, freed, files: readdirSync(folder) };
  },

  'is read-only at the start': () => {
    // As a kill leaves it: nothing of it has moved from the -wal into the file yet.
    const former = openAt(join(folder, 'former.db'), clock);
    fill(former, 5);
    copyFileSync(join(folder, 'former.db'), path);
    copyFileSync(join(folder, 'former.db-wal'), `${path}-wal`);
    former.close();
    rmSync(join(folder, 'former.db'));
    remount('ro');
    const store = openAt(path, clock);
    const readOnly = store.condition;
    const seen = { events: store.events({ limit: 100 }).length, holds: store.holds().length };
    store.release('coturn');
    store.record(anEvent({ cause: 'while read-only' }));
    remount('rw');
    clock.advance(60_000);
    store.get('a');
    const writable = store.condition.state;
    store.close();
    const reopened = openAt(path, clock);
    const answer = {
      readOnly,
      seen,
      writable,
      newest: reopened.events({ limit: 1 })[0]?.cause,
      holds: reopened.holds().length,
    };
    reopened.close();
    return answer;
  },

  'is read-only with a damaged database': () => {
    const former = openAt(path, clock);
    fill(former, 5);
    former.snapshot();
    former.close();
    writeFileSync(path, 'garbage '.repeat(1000));
    remount('ro');
    const store = openAt(path, clock);
    const readOnly = store.condition;
    const seen = store.events({ limit: 100 }).length;
    store.record(anEvent());
    remount('rw');
    clock.advance(60_000);
    store.get('a');
    const answer = {
      readOnly,
      seen,
      writable: store.condition.state,
      count: store.events({ limit: 100 }).length,
    };
    store.close();
    return answer;
  },

  'is full with a damaged database': () => {
    const former = openAt(path, clock);
    fill(former, 5);
    former.snapshot();
    former.close();
    writeFileSync(path, 'garbage '.repeat(10));
    fillDisk();
    const store = openAt(path, clock);
    const full = store.condition;
    const seen = { events: store.events({ limit: 100 }).length, holds: store.holds().length };
    store.record(anEvent());
    rmSync(ballast);
    clock.advance(60_000);
    store.get('a');
    const answer = { full, seen, freed: store.condition.state, count: store.events({ limit: 100 }).length };
    store.close();
    return answer;
  },

  'is read-only with an empty database': () => {
    const former = openAt(path, clock);
    fill(former, 5);
    former.snapshot();
    former.close();
    writeFileSync(path, '');
    remount('ro');
    const store = openAt(path, clock);
    const holds = store.holds().length;
    remount('rw');
    clock.advance(60_000);
    store.get('a');
    const answer = { holds, writable: store.condition.state, count: store.events({ limit: 100 }).length };
    store.close();
    return answer;
  },
};

console.log(JSON.stringify(scenarios[scenario]?.()));
