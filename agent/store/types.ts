import type { Instant } from '../system/clock.ts';

/** Something that happened: a transition that was seen, with what was done about it and how that ended. */
export interface RecordedEvent {
  readonly id: number;
  readonly at: Instant;
  /** What it is about: a service name, `firewall`, `engine`, `agent`, `config`. */
  readonly subject: string;
  /** Stable word for what happened, e.g. `service-died`, `table-lost`, `address-changed`. */
  readonly kind: string;
  readonly cause: string;
  readonly evidence: string;
  /** What was done, null when nothing was called for. */
  readonly action: string | null;
  /** `pending` is written before the action begins; a pending row of a former run was interrupted. */
  readonly result: 'none' | 'pending' | 'ok' | 'failed' | 'interrupted';
  readonly resultDetail: string;
  readonly durationMs: number | null;
}

export type NewEvent = Omit<RecordedEvent, 'id'>;

export interface Hold {
  readonly service: string;
  readonly since: Instant;
  readonly reason: string;
  /** What ends it: the service being started again (it was stopped), or only a release (it was asked for). */
  readonly until: 'started' | 'released';
  /** Milliseconds after which it ends by itself; null: it does not. */
  readonly forMs: number | null;
}

/** Something that was tried to bring a subject back, at a rung of the ladder. */
export interface Attempt {
  /** A service, `engine` or `machine`. */
  readonly subject: string;
  readonly rung: string;
  readonly at: Instant;
  /** False while it is under way, and of one that the end of the agent cut short. */
  readonly ended: boolean;
}

/** How a service's process ended, other than by us. */
export interface Death {
  readonly service: string;
  readonly exitCode: number | null;
  readonly oomKilled: boolean;
  readonly at: Instant;
}

export interface ProvisioningRecord {
  readonly step: string;
  readonly state: 'done' | 'running' | 'failed';
  readonly at: Instant;
  readonly detail: string;
}

/**
 * How the database is. In the first three states every write is durable when it returns; in the others the store
 * works in memory, and what it records is lost when the agent ends.
 * - `ok`: found sound. `created`: there was none.
 * - `recovered`: a damaged or lost one was replaced, from its snapshot where there was a good one.
 * - `newer`: a newer version of the agent wrote it; the file is left untouched.
 * - `unmigrated`: its migrations are not ours, or one failed; the file is left as it was.
 * - `unwritable`: read-only file system, full disk, lock, failing disk. Tried again every minute; what was
 *   recorded meanwhile is then written.
 */
export interface StoreCondition {
  readonly state: 'ok' | 'created' | 'recovered' | 'newer' | 'unmigrated' | 'unwritable';
  /** What was found, for a person; '' when there is nothing to say. */
  readonly detail: string;
  /** What to do next; '' when nothing needs doing. */
  readonly hint: string;
}

/** How a snapshot ended. `failed` leaves the former snapshot in place. */
export interface SnapshotOutcome {
  readonly state: 'taken' | 'unchanged' | 'skipped' | 'failed';
  readonly detail: string;
}

/**
 * What is remembered across restarts. Synchronous, as SQLite is; every write is durable when it returns, but for
 * the states of `condition` that say otherwise. A failing disk never makes a call throw.
 */
export interface Store {
  /** As it is now: it changes when the disk fills up, and back when there is room again. */
  readonly condition: StoreCondition;
  record(event: NewEvent): number;
  /** Sets how an event's action ended; false when the event is not there any more. */
  conclude(
    id: number,
    outcome: Pick<RecordedEvent, 'action' | 'result' | 'resultDetail' | 'durationMs'>,
  ): boolean;
  /** The newest `limit` events, newest last. `sinceId` excludes that id and older ones. */
  events(query: { readonly limit: number; readonly sinceId?: number }): RecordedEvent[];
  /** Marks every `pending` event of former runs `interrupted`; returns how many. */
  closeInterrupted(): number;
  holds(): Hold[];
  hold(hold: Hold): void;
  release(service: string): boolean;
  /** Oldest first; of each subject and rung the newest 20. */
  attempts(): Attempt[];
  attempt(attempt: Omit<Attempt, 'ended'>): void;
  attemptEnded(attempt: Omit<Attempt, 'ended'>): void;
  /** Forgets the attempts at a subject. */
  forgive(subject: string): void;
  /** Oldest first; of each service the newest 50. */
  deaths(): Death[];
  died(death: Death): void;
  provisioning(): ProvisioningRecord[];
  provisioned(record: ProvisioningRecord): void;
  /** Forgets these steps. */
  unprovisioned(steps: readonly string[]): void;
  /** Small remembered values, e.g. the newest engine event time. */
  get(key: string): string | null;
  set(key: string, value: string): void;
  /** Copies the database to `state.db.snapshot`, from which a damaged one is restored. For a cron; never throws. */
  snapshot(): SnapshotOutcome;
  /** There is room again: what is kept in memory only is written now, and not at the next regular try. */
  retry(): void;
  close(): void;
}
