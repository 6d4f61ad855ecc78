import type { MediaStatus } from '../../control/status.ts';
import { type Clock, elapsedMs, type Instant } from '../../system/clock.ts';
import { describeError } from '../../system/errors.ts';
import type { MediaProbeTarget, MediaReport } from './media-probe.ts';
import { ASKED, isFailing, isUnsure, type MediaRecord, NO_RECORD, note } from './media-record.ts';

/** docs/element-call.md argues these. */
const EVERY_MS = 10 * 60_000;
/** An SFU that was just made anew has its first minute for itself, and for those who come back. */
const FIRST_MS = 60_000;
const UNSURE_MS = 30_000;
const FAILING_MS = 2 * 60_000;

/** Whom to ask; or that nobody can be, or is to be for now, and why. */
export type MediaTarget =
  | { readonly kind: 'none' }
  | { readonly kind: 'lost' | 'later'; readonly why: string }
  | {
      readonly kind: 'ask';
      /** Another one means that what was known is of others. */
      readonly key: string;
      readonly probe: MediaProbeTarget;
      /** Addresses that the SFU was told to announce. */
      readonly addresses: readonly string[];
    };

export interface MediaWatchPorts {
  readonly clock: Clock;
  readonly target: () => MediaTarget;
  /** Errors: what went wrong before the first path was asked. */
  readonly probe: (target: MediaProbeTarget) => Promise<MediaReport>;
  /** Called when something else is known than before. */
  readonly onChange: () => void;
}

/** What is known of media, for the conditions. */
export type MediaFact =
  | { readonly known: true; readonly value: MediaStatus | null }
  | { readonly known: false; readonly why: string };

export interface MediaWatch {
  /** Probes if it is time to. Never rejects for what a probe finds. */
  beat(): Promise<void>;
  fact(): MediaFact;
}

/** The media probe as a regular one. What it sees it sees from this machine: the way from outside is never claimed. */
export function createMediaWatch({ clock, target, probe, onChange }: MediaWatchPorts): MediaWatch {
  let record = NO_RECORD;
  let known: { readonly key: string; readonly since: Instant } | null = null;

  function isDue(key: string, now: Instant): boolean {
    if (known?.key !== key) {
      known = { key, since: now };
      record = NO_RECORD;
    }
    const { at } = record;
    if (at === null) return (elapsedMs(known.since, now) ?? FIRST_MS) >= FIRST_MS;
    const every = isUnsure(record) ? UNSURE_MS : isFailing(record) ? FAILING_MS : EVERY_MS;
    return (elapsedMs(at, now) ?? every) >= every;
  }

  return {
    async beat() {
      const to = target();
      if (to.kind !== 'ask' || !isDue(to.key, clock.now())) return;
      const outcome = await probe(to.probe).then(
        (report) => ({ ok: true, report, addresses: to.addresses }) as const,
        (error: unknown) => ({ ok: false, message: describeError(error) }) as const,
      );
      if (known?.key !== to.key) return;
      record = note(record, outcome, clock.now());
      onChange();
    },
    fact() {
      const to = target();
      if (to.kind === 'none') return { known: true, value: null };
      if (to.kind === 'lost') return { known: false, why: to.why };
      const status = statusOf(record);
      return status === null
        ? { known: false, why: 'media was not probed yet' }
        : { known: true, value: status };
    },
  };
}

function statusOf({ at, paths, fault }: MediaRecord): MediaStatus | null {
  if (at === null) return null;
  return {
    at: at.wall,
    paths: ASKED.map((path) => {
      const { ok, roundTripMs, since, detail } = paths[path];
      return { path, ok, roundTripMs, since: ok === false ? (since?.wall ?? null) : null, detail };
    }),
    fault,
  };
}
