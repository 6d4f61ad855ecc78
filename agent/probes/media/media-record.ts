import type { Instant } from '../../system/clock.ts';
import { candidateFault, iceServerFault } from './judge-report.ts';
import { MEDIA_PATHS, type MediaPath, type MediaReport } from './media-probe.ts';

/** What was asked: the way into a room, and the three ways of media. */
export const ASKED = ['signalling', ...MEDIA_PATHS] as const;
type Asked = 'signalling' | MediaPath;

/** What one probe came to: a report, or why it got no further than signalling. */
export type MediaOutcome =
  | { readonly ok: true; readonly report: MediaReport; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly message: string };

interface PathRecord {
  /** Null while it was not asked, or failed just once. */
  readonly ok: boolean | null;
  readonly misses: number;
  /** Of the first of these misses. */
  readonly since: Instant | null;
  readonly roundTripMs: number | null;
  readonly detail: string;
}

/** What the probes showed so far. */
export interface MediaRecord {
  /** The last one; null before the first. */
  readonly at: Instant | null;
  readonly paths: Readonly<Record<Asked, PathRecord>>;
  /** What is wrong with what clients are told, whichever way they take. */
  readonly fault: string | null;
}

/** A probe under load may lose its packets: so many misses in a row are a failure. */
const MISSES_TO_FAIL = 2;

const UNASKED: PathRecord = {
  ok: null,
  misses: 0,
  since: null,
  roundTripMs: null,
  detail: 'not asked yet',
};

export const NO_RECORD: MediaRecord = {
  at: null,
  paths: { signalling: UNASKED, udp: UNASKED, tcp: UNASKED, relay: UNASKED },
  fault: null,
};

/** The record with one more outcome. Without signalling nothing was asked of the paths: what was known of them stays. */
export function note(before: MediaRecord, outcome: MediaOutcome, now: Instant): MediaRecord {
  const { paths } = before;
  if (!outcome.ok) {
    const failed = { ok: false, roundTripMs: null, detail: outcome.message };
    return { ...before, at: now, paths: { ...paths, signalling: next(paths.signalling, failed, now) } };
  }
  const { report, addresses } = outcome;
  const joined = { ok: true, roundTripMs: report.signallingMs, detail: `LiveKit ${report.serverVersion}` };
  return {
    at: now,
    paths: {
      signalling: next(paths.signalling, joined, now),
      udp: next(paths.udp, report.paths.udp, now),
      tcp: next(paths.tcp, report.paths.tcp, now),
      relay: next(paths.relay, report.paths.relay, now),
    },
    fault: candidateFault(report, addresses) ?? iceServerFault(report),
  };
}

/** Whether something failed and has not failed often enough to be believed. */
export const isUnsure = ({ paths }: MediaRecord): boolean =>
  ASKED.some((path) => paths[path].misses > 0 && paths[path].misses < MISSES_TO_FAIL);

export const isFailing = ({ paths, fault }: MediaRecord): boolean =>
  fault !== null || ASKED.some((path) => paths[path].ok === false);

function next(
  before: PathRecord,
  { ok, roundTripMs, detail }: { ok: boolean; roundTripMs: number | null; detail: string },
  now: Instant,
): PathRecord {
  if (ok) return { ok, misses: 0, since: null, roundTripMs, detail };
  const misses = before.misses + 1;
  const since = before.since ?? now;
  return misses < MISSES_TO_FAIL
    ? { ...before, misses, since }
    : { ok: false, misses, since, roundTripMs: null, detail };
}
