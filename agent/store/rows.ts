import type { Instant } from '../system/clock.ts';
import type { Hold, ProvisioningRecord, RecordedEvent } from './types.ts';

interface InstantColumns {
  readonly boot_id: string;
  readonly monotonic_ms: number;
  readonly wall: string;
}

export interface EventRow extends InstantColumns {
  readonly id: number;
  readonly subject: string;
  readonly kind: string;
  readonly cause: string;
  readonly evidence: string;
  readonly action: string | null;
  readonly result: RecordedEvent['result'];
  readonly result_detail: string;
  readonly duration_ms: number | null;
}

export interface HoldRow extends InstantColumns {
  readonly service: string;
  readonly reason: string;
  readonly ends: Hold['until'];
}

export interface ProvisioningRow extends InstantColumns {
  readonly step: string;
  readonly state: ProvisioningRecord['state'];
  readonly detail: string;
}

export function eventFromRow(row: EventRow): RecordedEvent {
  return {
    id: row.id,
    at: instantFrom(row),
    subject: row.subject,
    kind: row.kind,
    cause: row.cause,
    evidence: row.evidence,
    action: row.action,
    result: row.result,
    resultDetail: row.result_detail,
    durationMs: row.duration_ms,
  };
}

export function holdFromRow(row: HoldRow): Hold {
  return { service: row.service, since: instantFrom(row), reason: row.reason, until: row.ends };
}

export function provisioningFromRow(row: ProvisioningRow): ProvisioningRecord {
  return { step: row.step, state: row.state, at: instantFrom(row), detail: row.detail };
}

function instantFrom(row: InstantColumns): Instant {
  return { bootId: row.boot_id, monotonicMs: row.monotonic_ms, wall: row.wall };
}

const LONGEST_TEXT = 4000;

/** A text as it is stored: evidence may be a program's whole output, and the number of events alone bounds nothing. */
export function boundText(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT)}… (${text.length - LONGEST_TEXT} more characters)`;
}
