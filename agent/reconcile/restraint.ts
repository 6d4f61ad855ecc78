import * as z from 'zod';
import type { Store } from '../store/types.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';
import { jsonOrNull } from '../system/json.ts';

const REMEMBERED_AS = 'runs';
/** So many ends that nobody asked for, within so long, and the agent may itself be what does harm. */
const UNCLEAN_STARTS = 3;
const WITHIN_MS = 10 * 60_000;
/** A run that lasted so long, observing, shows that observing at least does no harm. */
export const RESTRAINED_FOR_MS = 10 * 60_000;

const instant = z.object({ bootId: z.string(), monotonicMs: z.number(), wall: z.string() });
const runsSchema = z.object({
  /** Whether a run is going on, or ended without having said so; and the boot of it. */
  open: z.boolean(),
  bootId: z.string(),
  /** Starts that followed an unclean end. */
  unclean: z.array(instant),
});
type Runs = z.infer<typeof runsSchema>;

/** An agent that ended uncleanly again and again only observes for a while: it looks and reports, and changes nothing. */
export interface Restraint {
  /** Since when it only observes; null when it acts. */
  since(): Instant | null;
  /** Ends it when its time is over. */
  look(now: Instant): void;
  /** Ends it now; false when there was none. */
  end(why: string, now: Instant): boolean;
  /** This run ends in order. */
  stopped(): void;
}

/** Notes that a run begins, and judges how the ones before it ended. An end by a reboot or a power cut does not count. */
export function beginRun(store: Store, startedAt: Instant): Restraint {
  const before = storedRuns(store);
  const wasUnclean = before?.open === true && before.bootId === startedAt.bootId;
  let unclean = [...(before?.unclean ?? []), ...(wasUnclean ? [startedAt] : [])].filter(
    (start) => (elapsedMs(start, startedAt) ?? WITHIN_MS) < WITHIN_MS,
  );
  const write = (open: boolean) => {
    const runs: Runs = { open, bootId: startedAt.bootId, unclean };
    store.set(REMEMBERED_AS, JSON.stringify(runs));
  };
  write(true);
  let since = unclean.length >= UNCLEAN_STARTS ? startedAt : null;
  const eventId = since && record(store, unclean.length, startedAt);

  const end = (why: string, now: Instant): boolean => {
    if (since === null || eventId === null) return false;
    const durationMs = Math.max(0, elapsedMs(since, now) ?? 0);
    const action = `changed nothing until ${why}`;
    store.conclude(eventId, { action, result: 'ok', resultDetail: '', durationMs });
    since = null;
    unclean = [];
    write(true);
    return true;
  };
  return {
    since: () => since,
    look(now) {
      if (since !== null && (elapsedMs(since, now) ?? 0) >= RESTRAINED_FOR_MS) end('it had run quietly', now);
    },
    end,
    stopped: () => write(false),
  };
}

function record(store: Store, times: number, at: Instant): number {
  return store.record({
    at,
    subject: 'agent',
    kind: 'only-observes',
    cause: `it ended ${times} times within ${WITHIN_MS / 60_000} minutes without having been asked to`,
    evidence: '',
    action: null,
    result: 'pending',
    resultDetail: '',
    durationMs: null,
  });
}

function storedRuns(store: Store): Runs | null {
  const parsed = runsSchema.safeParse(jsonOrNull(store.get(REMEMBERED_AS)));
  return parsed.success ? parsed.data : null;
}
