import { type Clock, elapsedMs } from '../system/clock.ts';
import { writeFileAtomic } from '../system/files.ts';
import { readJsonFile } from './read-json.ts';
import type { Status } from './status.ts';
import { statusSchema } from './status-schema.ts';

/** The agent writes at least every few seconds; after this many milliseconds without, it does not run or hangs. */
export const STALE_AFTER_MS = 30_000;

export interface StatusReading {
  /** The last status that was written, however old; null when there is none that can be read. */
  readonly status: Status | null;
  /** Milliseconds since it was written, by the clock that counts from boot; null when that cannot be told. */
  readonly ageMs: number | null;
  /** True unless the status is of this boot and at most 30 s old. */
  readonly stale: boolean;
  readonly reason:
    | 'fresh'
    | 'not-running'
    | 'too-old'
    | 'other-boot'
    | 'absent'
    | 'not-readable'
    | 'not-valid';
  /** For people; '' when fresh. */
  readonly detail: string;
}

/** Replaces the status file, for anybody to read. Not synced to disk: /run does not outlive a reboot anyway. */
export async function writeStatus(path: string, status: Status): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(status, null, 2)}\n`, { mode: 0o644, durable: false });
}

/** Reads the status file and says how far it can be trusted. Does not throw. */
export async function readStatus(path: string, clock: Clock): Promise<StatusReading> {
  const file = await readJsonFile(path, statusSchema);
  if (file.state !== 'valid') {
    return { status: null, ageMs: null, stale: true, reason: file.state, detail: file.detail };
  }
  const status = file.value;
  const written = {
    bootId: status.bootId,
    monotonicMs: status.generatedMonotonicMs,
    wall: status.generatedAt,
  };
  const age = elapsedMs(written, clock.now());
  if (age === null) {
    const detail = 'it was written before the machine started the last time';
    return { status, ageMs: null, stale: true, reason: 'other-boot', detail };
  }
  // Rounding aside, nothing of this boot was written in the future.
  if (age < -1_000) {
    const detail = `${path} is not valid: it says that it was written in the future`;
    return { status: null, ageMs: null, stale: true, reason: 'not-valid', detail };
  }
  const ageMs = Math.max(0, Math.round(age));
  if (ageMs > STALE_AFTER_MS) {
    return { status, ageMs, stale: true, reason: 'too-old', detail: 'it is older than 30 s' };
  }
  return { status, ageMs, stale: false, reason: 'fresh', detail: '' };
}
