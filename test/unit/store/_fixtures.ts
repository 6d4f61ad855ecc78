import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { openStore } from '../../../agent/store/open.ts';
import type { NewEvent, Store } from '../../../agent/store/types.ts';
import type { Clock, Instant } from '../../../agent/system/clock.ts';

export const MIGRATIONS = join(import.meta.dirname, '../../../migrations');

/** A clock that a test moves by hand. */
export interface HandClock extends Clock {
  advance(ms: number): void;
}

export function handClock(start = Date.UTC(2026, 10, 22, 13, 0, 0)): HandClock {
  let elapsed = 0;
  return {
    now: () => ({
      bootId: 'boot-1',
      monotonicMs: 5000 + elapsed,
      wall: new Date(start + elapsed).toISOString(),
    }),
    advance: (ms) => {
      elapsed += ms;
    },
  };
}

/** A folder that is gone when the test ends. */
export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'aa-store-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openAt(path: string, clock: Clock = handClock(), migrationsDirectory = MIGRATIONS): Store {
  return openStore({ path, migrationsDirectory, clock });
}

export const AT: Instant = { bootId: 'boot-1', monotonicMs: 1234.5, wall: '2026-11-22T13:00:00.000Z' };

export function anEvent(fields: Partial<NewEvent> = {}): NewEvent {
  return {
    at: AT,
    subject: 'livekit',
    kind: 'service-died',
    cause: 'exit code 137',
    evidence: 'die event of container 4f2a',
    action: 'started it again',
    result: 'pending',
    resultDetail: '',
    durationMs: null,
    ...fields,
  };
}

/** Some of everything: enough that the database has several pages. */
export function fill(store: Store, events = 60): void {
  for (let number = 1; number <= events; number += 1) {
    store.record(anEvent({ evidence: `event ${number} ${'x'.repeat(300)}`, result: 'ok' }));
  }
  store.hold({ service: 'coturn', since: AT, reason: 'agentctl hold', until: 'released', forMs: null });
  store.provisioned({ step: 'engine', state: 'done', at: AT, detail: '20.10.24' });
  store.set('engine.since', '1700000000000000001');
}
