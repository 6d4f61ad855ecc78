import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { DATABASE_SUFFIXES } from '../store/durable-files.ts';
import { namesIn, readFileIfPresent, syncPath, writeFileAtomic } from '../system/files.ts';
import type { Paths } from '../system/paths.ts';

/** Beside the unpacked state: who made it, and where what it replaces goes. */
export const PLAN = 'plan.json';
const planSchema = z.strictObject({ createdAt: z.string(), aside: z.string() });
export type RestorePlan = z.infer<typeof planSchema>;

/** Everything that a restore replaces below the folder of the state. */
const PIECES = [
  'secrets',
  'data',
  'accepted.yaml',
  ...DATABASE_SUFFIXES.map((suffix) => `state.db${suffix}`),
  'state.db.snapshot',
];

/** There once everything old is set aside: from then on only new things are put in their place. */
const CLEARED = 'cleared';

/**
 * Puts a state that was unpacked and verified in the place of the present one; does nothing when none waits. To be called
 * before anything of the state is opened. Whatever cuts it off, the next call goes on where it was: what is there is moved,
 * never copied or deleted, and whether a move was made is told by where the file is. `stopStack` is called before the
 * first move; while it resolves to false, nothing is begun. Resolves to true when a restore was finished, now or by a call
 * that was cut off after it.
 */
export async function finishRestore(
  paths: Pick<Paths, 'restore' | 'restored' | 'stateDirectory' | 'config' | 'profileOverrides'>,
  stopStack: () => Promise<boolean>,
): Promise<boolean> {
  const waiting = await namesIn(paths.restore);
  if (waiting.length === 0) return (await namesIn(paths.restored)).length > 0;
  const { aside } = await readPlan(paths.restore);
  const old = join(paths.stateDirectory, aside);
  if (!waiting.includes(CLEARED)) {
    const isBegun = (await namesIn(paths.stateDirectory)).includes(aside);
    if (!isBegun && !(await stopStack())) return false;
    await setAside(paths, old);
    await writeFileAtomic(join(paths.restore, CLEARED), '', { mode: 0o600 });
  }
  const fresh = join(paths.restore, 'state');
  for (const name of await namesIn(fresh)) {
    await rename(join(fresh, name), join(paths.stateDirectory, name));
  }
  await syncPath(paths.stateDirectory);
  await replaceConfiguration(join(paths.restore, 'etc'), paths);
  await rename(paths.restore, paths.restored);
  await syncPath(paths.stateDirectory);
  return true;
}

/** What was restored, to be recorded; `forget` once it is. */
export async function restoredNow({ restored }: Pick<Paths, 'restored'>) {
  return { ...(await readPlan(restored)), forget: () => rm(restored, { recursive: true }) };
}

async function readPlan(directory: string): Promise<RestorePlan> {
  return planSchema.parse(JSON.parse(await readFile(join(directory, PLAN), 'utf8')));
}

/** Moved within the folder of the state; the configuration may be on another disk, and is copied. */
async function setAside(
  { stateDirectory, config }: Pick<Paths, 'stateDirectory' | 'config'>,
  old: string,
): Promise<void> {
  await mkdir(old, { recursive: true, mode: 0o700 });
  const text = await readFileIfPresent(config);
  if (text !== null) await writeFileAtomic(join(old, 'appliance.yaml'), text, { mode: 0o600 });
  const present = await readdir(stateDirectory);
  for (const piece of PIECES.filter((name) => present.includes(name))) {
    await rename(join(stateDirectory, piece), join(old, piece));
  }
  await syncPath(old);
  await syncPath(stateDirectory);
}

async function replaceConfiguration(
  from: string,
  { config, profileOverrides }: Pick<Paths, 'config' | 'profileOverrides'>,
): Promise<void> {
  const text = await readFileIfPresent(join(from, 'appliance.yaml'));
  if (text !== null) await writeFileAtomic(config, text, { mode: 0o644 });
  const profiles = join(from, 'profiles.d');
  for (const name of await namesIn(profiles)) {
    const content = await readFile(join(profiles, name));
    await writeFileAtomic(join(profileOverrides, name), content, { mode: 0o644 });
  }
}
