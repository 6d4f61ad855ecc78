import type { Instant } from '../system/clock.ts';
import type { Attempt, Death, Hold, ProvisioningRecord, RecordedEvent } from './types.ts';

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
  readonly for_ms: number | null;
}

export interface AttemptRow extends InstantColumns {
  readonly subject: string;
  readonly rung: string;
  readonly ended: 0 | 1;
}

export interface DeathRow extends InstantColumns {
  readonly service: string;
  readonly exit_code: number | null;
  readonly oom_killed: 0 | 1;
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
  const { service, reason, ends: until, for_ms: forMs } = row;
  return { service, since: instantFrom(row), reason, until, forMs };
}

export function attemptFromRow(row: AttemptRow): Attempt {
  return { subject: row.subject, rung: row.rung, at: instantFrom(row), ended: row.ended === 1 };
}

export function deathFromRow(row: DeathRow): Death {
  const { service, exit_code: exitCode, oom_killed } = row;
  return { service, exitCode, oomKilled: oom_killed === 1, at: instantFrom(row) };
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
