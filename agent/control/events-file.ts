import * as z from 'zod/mini';
import type { RecordedEvent } from '../store/types.ts';
import { writeFileAtomic } from '../system/files.ts';
import { type JsonFile, readJsonFile } from './read-json.ts';

/** How many events the file holds; older ones are in the database. */
export const EVENTS_KEPT = 500;

const event: z.ZodMiniType<RecordedEvent> = z.looseObject({
  id: z.number(),
  at: z.looseObject({ bootId: z.string(), monotonicMs: z.number(), wall: z.string() }),
  subject: z.string(),
  kind: z.string(),
  cause: z.string(),
  evidence: z.string(),
  action: z.nullable(z.string()),
  result: z.enum(['none', 'pending', 'ok', 'failed', 'interrupted']),
  resultDetail: z.string(),
  durationMs: z.nullable(z.number()),
});

const eventsFile = z.looseObject({ schemaVersion: z.literal(1), events: z.array(event) });

/** Replaces the events file with the newest 500 of `events` (newest last), for anybody to read. */
export async function writeEvents(path: string, events: readonly RecordedEvent[]): Promise<void> {
  const content = { schemaVersion: 1, events: events.slice(-EVENTS_KEPT) };
  await writeFileAtomic(path, `${JSON.stringify(content)}\n`, { mode: 0o644, durable: false });
}

/** The recorded events, newest last. Does not throw. */
export async function readEvents(path: string): Promise<JsonFile<readonly RecordedEvent[]>> {
  const file = await readJsonFile(path, eventsFile);
  return file.state === 'valid' ? { state: 'valid', value: file.value.events } : file;
}
