import { known, unknown } from '../conditions/findings.ts';
import type { Facts, SeenSymptom } from '../conditions/types.ts';
import { containerLogs } from '../engine/logs.ts';
import { type Clock, elapsedMs, type Instant } from '../system/clock.ts';
import { describeError } from '../system/errors.ts';
import { recognise, type Sighting } from './recognise.ts';
import type { Ours } from './symptoms.ts';

/** What well services say is read at a slow beat; of one in trouble the cause is wanted soon. */
const WELL_EVERY_MS = 5 * 60_000;
const TROUBLED_EVERY_MS = 30_000;
/** So long a failure is told of after it was last seen. */
const NEWS_MS = 30 * 60_000;

/** What is read at once, of each service at most: a service in a loop floods its log. */
const MOST_LINES = 500;
const MOST_CHARACTERS = 256 * 1024;
const LIMIT_MS = 5_000;

export interface WatchedService {
  readonly service: string;
  readonly containerId: string;
  readonly inTrouble: boolean;
}

export interface LogWatchPorts {
  readonly clock: Clock;
  readonly services: () => readonly WatchedService[];
  readonly ours: () => Ours;
  /** The newest lines of a container since then, in seconds since the epoch; oldest first. */
  readonly read: (containerId: string, since: number) => AsyncIterable<string>;
}

interface Seen extends Sighting {
  readonly times: number;
  readonly last: Instant;
}

/** Reads logs of the engine's containers as the watch wants them. */
export const newestLines = (socket: string): LogWatchPorts['read'] => {
  return (containerId, since) =>
    containerLogs(socket, containerId, {
      lines: MOST_LINES,
      since,
      follow: false,
      signal: new AbortController().signal,
      limitMs: LIMIT_MS,
    });
};

/**
 * Looks in the logs of our services for failures that are known from the field. The look reads what came since the last
 * one, of the services whose turn it is, and tells what was seen lately. Never rejects.
 */
export function createLogWatch({ clock, services, ours, read }: LogWatchPorts) {
  const seen = new Map<string, Seen>();
  const readAt = new Map<string, Instant>();

  async function lookAt({ service, containerId, inTrouble }: WatchedService): Promise<void> {
    const now = clock.now();
    const before = readAt.get(service);
    const age = (before && elapsedMs(before, now)) ?? WELL_EVERY_MS;
    if (age < (inTrouble ? TROUBLED_EVERY_MS : WELL_EVERY_MS)) return;
    readAt.set(service, now);
    let characters = 0;
    for await (const line of read(containerId, (Date.parse(now.wall) - age) / 1000)) {
      note(service, line, now);
      characters += line.length;
      if (characters > MOST_CHARACTERS) return;
    }
  }

  function note(service: string, line: string, now: Instant): void {
    const found = recognise(service, line, ours());
    if (found === null) return;
    const times = (seen.get(found.code)?.times ?? 0) + 1;
    seen.set(found.code, { ...found, times, last: now });
  }

  return async (): Promise<Facts['symptoms']> => {
    const looks = await Promise.allSettled(services().map(lookAt));
    const now = clock.now();
    for (const [code, { last }] of seen) if ((elapsedMs(last, now) ?? NEWS_MS) >= NEWS_MS) seen.delete(code);
    const failed = looks.find((look) => look.status === 'rejected');
    if (seen.size === 0 && failed !== undefined)
      return unknown(`logs could not be read: ${describeError(failed.reason)}`);
    return known([...seen.values()].filter(({ times, fromTimes }) => times >= fromTimes).map(inWords));
  };
}

function inWords({ code, evidence, times, last }: Seen): SeenSymptom {
  const often = times === 1 ? '' : `${times} times, the last one `;
  return { code, evidence: `${evidence} (${often}seen at ${last.wall})` };
}
