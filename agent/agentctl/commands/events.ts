import { setTimeout as delay } from 'node:timers/promises';
import { readEvents } from '../../control/events-file.ts';
import type { RecordedEvent } from '../../store/types.ts';
import { elapsedMs, type Instant } from '../../system/clock.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { renderConclusion, renderEvent } from '../render/events.ts';
import { parseSince, type Since } from '../render/times.ts';

const FOLLOW_EVERY_MS = 1_000;
/** What --follow begins with when it is not told, as tail does. */
const FOLLOW_BEGINS_WITH = 10;

export async function events(
  context: Context,
  options: { since?: string; json?: true; follow?: true },
): Promise<number> {
  const { terminal, clock } = context;
  const since = options.since === undefined ? null : parseSince(options.since);
  const all = await load(context);
  const wanted = since === null ? all : all.filter((event) => isAfter(event.at, since, clock.now()));
  const first = options.follow && since === null ? wanted.slice(-FOLLOW_BEGINS_WITH) : wanted;

  const show = (lines: readonly string[]) => terminal.write(lines.map((line) => `${line}\n`).join(''));
  const asJson = (event: RecordedEvent) => [JSON.stringify(event)];
  const tell = options.json ? asJson : (event: RecordedEvent) => renderEvent(event, terminal);
  const conclude = options.json ? asJson : (event: RecordedEvent) => renderConclusion(event, terminal);

  show(first.flatMap(tell));
  if (first.length === 0 && !options.json)
    show([since === null ? 'Nothing was recorded yet.' : 'Nothing was recorded since then.']);
  if (!options.follow) return EXIT.ok;

  let known = all;
  // Ends with the terminal's ^C.
  for (;;) {
    await delay(FOLLOW_EVERY_MS);
    const now = await load(context);
    const { added, concluded } = changes(known, now);
    show([...concluded.flatMap(conclude), ...added.flatMap(tell)]);
    known = now;
  }
}

/** What is new in `now`, and what was under way before and has ended since. */
export function changes(
  before: readonly RecordedEvent[],
  now: readonly RecordedEvent[],
): { added: RecordedEvent[]; concluded: RecordedEvent[] } {
  // Ids begin anew with a new database.
  const keyOf = ({ id, at }: RecordedEvent) => `${id} ${at.bootId} ${at.monotonicMs}`;
  const old = new Map(before.map((event) => [keyOf(event), event]));
  return {
    added: now.filter((event) => !old.has(keyOf(event))),
    concluded: now.filter(
      (event) => old.get(keyOf(event))?.result === 'pending' && event.result !== 'pending',
    ),
  };
}

/** By the clock that counts from boot where it can be; a clock that was set does not change what is recent. */
function isAfter(at: Instant, since: Since, now: Instant): boolean {
  if (since.kind === 'at') return Date.parse(at.wall) >= since.epochMs;
  const age = elapsedMs(at, now) ?? Date.parse(now.wall) - Date.parse(at.wall);
  return age <= since.milliseconds;
}

/** From the file that the agent keeps for everybody; without it from the database, which only root can read. */
async function load({ paths }: Context): Promise<readonly RecordedEvent[]> {
  const file = await readEvents(paths.events);
  if (file.state === 'valid') return file.value;
  const { readRecordedEvents } = await import('../recorded-events.ts');
  return readRecordedEvents(paths.database);
}
