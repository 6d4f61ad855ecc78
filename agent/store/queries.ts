import type { Connection } from './connection.ts';
import { prepareLedger } from './ledger-queries.ts';
import {
  boundText,
  type EventRow,
  eventFromRow,
  type HoldRow,
  holdFromRow,
  type ProvisioningRow,
  provisioningFromRow,
} from './rows.ts';
import type { Hold, NewEvent, ProvisioningRecord, RecordedEvent } from './types.ts';

/** Events that are kept; older ones are dropped. At a few hundred bytes each this is a few megabytes. */
export const KEPT_EVENTS = 10_000;

/** Dropping old events costs a write of its own: once in this many new ones. */
const PRUNE_EVERY = 500;

export type Queries = ReturnType<typeof prepareQueries>;

/** The statements of the store on one database. Every one is a single transaction. Error: SqliteError. */
export function prepareQueries(connection: Connection) {
  const newestId = connection.prepare<[], number>('SELECT coalesce(max(id), 0) FROM events').pluck();
  const insertEvent = connection.prepare(`
    INSERT INTO events (boot_id, monotonic_ms, wall, subject, kind, cause, evidence, action, result, result_detail, duration_ms)
    VALUES (@bootId, @monotonicMs, @wall, @subject, @kind, @cause, @evidence, @action, @result, @resultDetail, @durationMs)`);
  const prune = connection.prepare<[number]>('DELETE FROM events WHERE id <= ?');
  const conclude = connection.prepare(`
    UPDATE events SET action = @action, result = @result, result_detail = @resultDetail, duration_ms = @durationMs
    WHERE id = @id`);
  const newestEvents = connection.prepare<[number, number], EventRow>(
    'SELECT * FROM (SELECT * FROM events WHERE id > ? ORDER BY id DESC LIMIT ?) ORDER BY id',
  );
  const interrupt = connection.prepare<[number]>(`
    UPDATE events SET result = 'interrupted', result_detail = 'The agent ended before this action did.'
    WHERE result = 'pending' AND id <= ?`);
  const holds = connection.prepare<[], HoldRow>('SELECT * FROM holds ORDER BY service');
  const hold = connection.prepare(`
    INSERT INTO holds (service, boot_id, monotonic_ms, wall, reason, ends, for_ms)
    VALUES (@service, @bootId, @monotonicMs, @wall, @reason, @until, @forMs)
    ON CONFLICT (service) DO UPDATE SET boot_id = excluded.boot_id, monotonic_ms = excluded.monotonic_ms,
      wall = excluded.wall, reason = excluded.reason, ends = excluded.ends, for_ms = excluded.for_ms`);
  const release = connection.prepare<[string]>('DELETE FROM holds WHERE service = ?');
  const provisioning = connection.prepare<[], ProvisioningRow>('SELECT * FROM provisioning ORDER BY rowid');
  const provisioned = connection.prepare(`
    INSERT INTO provisioning (step, state, boot_id, monotonic_ms, wall, detail)
    VALUES (@step, @state, @bootId, @monotonicMs, @wall, @detail)
    ON CONFLICT (step) DO UPDATE SET state = excluded.state, boot_id = excluded.boot_id,
      monotonic_ms = excluded.monotonic_ms, wall = excluded.wall, detail = excluded.detail`);
  const unprovisioned = connection.prepare<[string]>('DELETE FROM provisioning WHERE step = ?');
  const get = connection.prepare<[string], string>('SELECT value FROM kv WHERE key = ?').pluck();
  // A value that is set again to what it is costs no write to the disk.
  const set = connection.prepare<[string, string]>(`
    INSERT INTO kv (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`);
  const totalChanges = connection.prepare<[], number>('SELECT total_changes()').pluck();

  const record = connection.transaction((event: NewEvent): number => {
    const { at, ...rest } = event;
    const id = Number(
      insertEvent.run({
        ...rest,
        ...at,
        cause: boundText(event.cause),
        evidence: boundText(event.evidence),
        resultDetail: boundText(event.resultDetail),
      }).lastInsertRowid,
    );
    if (id % PRUNE_EVERY === 0) prune.run(id - KEPT_EVENTS);
    return id;
  });

  return {
    record: (event: NewEvent): number => record.immediate(event),
    conclude: (
      id: number,
      outcome: Pick<RecordedEvent, 'action' | 'result' | 'resultDetail' | 'durationMs'>,
    ) => conclude.run({ ...outcome, id, resultDetail: boundText(outcome.resultDetail) }).changes > 0,
    events: (sinceId: number, limit: number): RecordedEvent[] =>
      newestEvents.all(sinceId, limit).map(eventFromRow),
    newestId: (): number => newestId.get() ?? 0,
    interrupt: (upToId: number): number => interrupt.run(upToId).changes,
    holds: (): Hold[] => holds.all().map(holdFromRow),
    hold: ({ since, ...rest }: Hold): void => void hold.run({ ...rest, ...since }),
    release: (service: string): boolean => release.run(service).changes > 0,
    ...prepareLedger(connection),
    provisioning: (): ProvisioningRecord[] => provisioning.all().map(provisioningFromRow),
    provisioned: ({ step, state, at, detail }: ProvisioningRecord): void =>
      void provisioned.run({ step, state, ...at, detail: boundText(detail) }),
    unprovisioned: connection.transaction((steps: readonly string[]): void => {
      for (const step of steps) unprovisioned.run(step);
    }).immediate,
    get: (key: string): string | null => get.get(key) ?? null,
    set: (key: string, value: string): void => void set.run(key, value),
    totalChanges: (): number => totalChanges.get() ?? 0,
  };
}
