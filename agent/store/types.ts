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
}

export interface ProvisioningRecord {
  readonly step: string;
  readonly state: 'done' | 'running' | 'failed';
  readonly at: Instant;
  readonly detail: string;
}

/** What is remembered across restarts. Synchronous, as SQLite is; every write is durable when it returns. */
export interface Store {
  /** How the database was found: `ok`, `created`, `recovered` (a corrupt one was set aside) or `newer` (memory only). */
  readonly condition: { readonly state: 'ok' | 'created' | 'recovered' | 'newer'; readonly detail: string };
  record(event: NewEvent): number;
  /** Sets how an event's action ended. */
  conclude(id: number, outcome: Pick<RecordedEvent, 'action' | 'result' | 'resultDetail' | 'durationMs'>): void;
  /** Newest last. `sinceId` excludes that id and older ones. */
  events(query: { readonly limit: number; readonly sinceId?: number }): RecordedEvent[];
  /** Marks every `pending` event of former runs `interrupted`; returns how many. */
  closeInterrupted(): number;
  holds(): Hold[];
  hold(hold: Hold): void;
  release(service: string): boolean;
  provisioning(): ProvisioningRecord[];
  provisioned(record: ProvisioningRecord): void;
  /** Small remembered values, e.g. the newest engine event time. */
  get(key: string): string | null;
  set(key: string, value: string): void;
  close(): void;
}
