import { watch } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { coalesce } from '../system/coalesce.ts';
import { describeError } from '../system/errors.ts';

/** An editor writes a file in several steps, or puts another in its place: it is read when that is over. */
const PACE = { settleMs: 250, apartMs: 1_000 };

/**
 * Calls `onChange` soon after the file at `path` was written, replaced, made or removed (inotify(7)), until the signal
 * aborts. Its folder is watched, for an editor puts a new file in place of the old. Resolves to why no more is told,
 * null after an abort: then a regular look has to find what changes.
 */
export async function followConfig(
  path: string,
  onChange: () => void,
  signal: AbortSignal,
): Promise<string | null> {
  const changes = coalesce(onChange, PACE);
  try {
    for await (const { filename } of watch(dirname(path), { signal })) {
      if (filename === basename(path)) changes.ask();
    }
    return 'its folder is gone';
  } catch (error) {
    return signal.aborted ? null : describeError(error);
  } finally {
    changes.stop();
  }
}
