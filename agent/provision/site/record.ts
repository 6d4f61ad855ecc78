import * as z from 'zod/mini';
import { readJsonFile } from '../../control/read-json.ts';
import { writeFileAtomic } from '../../system/files.ts';

/** How this machine is found where it stands, for the console: the agent itself neither names nor announces it. */
export interface SiteRecord {
  /** Null: nothing announces it; `why` says why. */
  readonly announcedBy: string | null;
  readonly why: string;
}

const schema: z.ZodMiniType<SiteRecord> = z.looseObject({
  announcedBy: z.nullable(z.string()),
  why: z.string(),
});

export async function writeSiteRecord(path: string, record: SiteRecord): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o644, durable: false });
}

/** The record of this boot, for /run does not outlive one; null when there is none. Does not throw. */
export async function readSiteRecord(path: string): Promise<SiteRecord | null> {
  const file = await readJsonFile(path, schema);
  return file.state === 'valid' ? file.value : null;
}
