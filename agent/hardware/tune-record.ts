import * as z from 'zod/mini';
import { readJsonFile } from '../control/read-json.ts';
import { writeFileAtomic } from '../system/files.ts';

/** What the tuning of this boot did, for the agent, which itself may not write these settings. */
export interface TuneRecord {
  readonly bootId: string;
  readonly profile: string;
  /** Whether it was in this boot that udev was told of the rings: they are in force from the next one on. */
  readonly ringsSince: boolean;
  readonly settings: readonly {
    readonly name: string;
    readonly want: string;
    /** Why it could not be set; null when it is as wanted. */
    readonly refused: string | null;
  }[];
}

const schema: z.ZodMiniType<TuneRecord> = z.looseObject({
  bootId: z.string(),
  profile: z.string(),
  ringsSince: z.boolean(),
  settings: z.array(z.looseObject({ name: z.string(), want: z.string(), refused: z.nullable(z.string()) })),
});

export async function writeTuneRecord(path: string, record: TuneRecord): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o644, durable: false });
}

/** The record of this boot; null when there is none. Does not throw. */
export async function readTuneRecord(path: string, bootId: string): Promise<TuneRecord | null> {
  const file = await readJsonFile(path, schema);
  return file.state === 'valid' && file.value.bootId === bootId ? file.value : null;
}
