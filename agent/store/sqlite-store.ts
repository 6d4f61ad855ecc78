import { describeError } from '../system/errors.ts';
import type { Backing } from './backing.ts';
import type { Connection } from './connection.ts';
import { takeSnapshot } from './snapshot.ts';
import type { SnapshotOutcome, Store } from './types.ts';

/** The store on an opened backing. */
export function createStore(backing: Backing, path: string): Store {
  const newestFormerId = backing.use((queries) => queries.newestId());
  let snapshotted: { readonly of: Connection; readonly changes: number } | null = null;

  return {
    get condition() {
      return backing.condition();
    },
    record: (event) => backing.use((queries) => queries.record(event)),
    conclude: (id, outcome) => backing.use((queries) => queries.conclude(id, outcome)),
    events: ({ limit, sinceId }) =>
      // A negative LIMIT means "all" to SQLite.
      backing.use((queries) => queries.events(sinceId ?? 0, Math.max(0, Math.trunc(limit)))),
    closeInterrupted: () => backing.use((queries) => queries.interrupt(newestFormerId)),
    holds: () => backing.use((queries) => queries.holds()),
    hold: (hold) => backing.use((queries) => queries.hold(hold)),
    release: (service) => backing.use((queries) => queries.release(service)),
    attempts: () => backing.use((queries) => queries.attempts()),
    attempt: (attempt) => backing.use((queries) => queries.attempt(attempt)),
    attemptEnded: (attempt) => backing.use((queries) => queries.attemptEnded(attempt)),
    forgive: (subject) => backing.use((queries) => queries.forgive(subject)),
    deaths: () => backing.use((queries) => queries.deaths()),
    died: (death) => backing.use((queries) => queries.died(death)),
    provisioning: () => backing.use((queries) => queries.provisioning()),
    provisioned: (record) => backing.use((queries) => queries.provisioned(record)),
    unprovisioned: (steps) => backing.use((queries) => queries.unprovisioned(steps)),
    get: (key) => backing.use((queries) => queries.get(key)),
    set: (key, value) => backing.use((queries) => queries.set(key, value)),
    snapshot,
    retry: () => backing.retry(),
    close: () => backing.close(),
  };

  function snapshot(): SnapshotOutcome {
    const changes = backing.use((queries) => queries.totalChanges());
    const file = backing.file();
    if (file === null) return { state: 'skipped', detail: backing.condition().detail };
    if (snapshotted?.of === file && snapshotted.changes === changes)
      return { state: 'unchanged', detail: '' };
    try {
      takeSnapshot(file, path);
      snapshotted = { of: file, changes };
      return { state: 'taken', detail: '' };
    } catch (error) {
      return { state: 'failed', detail: describeError(error) };
    }
  }
}
