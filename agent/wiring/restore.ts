import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { finishRestore, restoredNow } from '../backup/finish-restore.ts';
import type { Compose } from '../engine/types.ts';
import type { Store } from '../store/types.ts';
import type { Clock } from '../system/clock.ts';
import { describeError } from '../system/errors.ts';
import type { Log } from '../system/log.ts';
import type { Paths } from '../system/paths.ts';

/** Puts a restored state in place, if one waits: see `finishRestore`. While the stack cannot be taken down it goes on waiting. */
export function restoreIfAsked(paths: Paths, compose: Compose, log: Log): Promise<boolean> {
  return finishRestore(paths, async () => {
    const file = join(paths.rendered, 'compose.yaml');
    try {
      if (existsSync(file)) await compose.down({ file, services: [] });
      return true;
    } catch (error) {
      const why = describeError(error);
      log.error({ error: why }, 'a restore waits for the next start: the stack could not be taken down');
      return false;
    }
  });
}

/** Records it, once. */
export async function recordRestore(paths: Paths, store: Store, clock: Clock): Promise<void> {
  const { createdAt, aside, forget } = await restoredNow(paths);
  store.record({
    at: clock.now(),
    subject: 'backup',
    kind: 'restored',
    cause: 'asked for by an operator (agentctl restore)',
    evidence: `the backup of ${createdAt}`,
    action: `put it in the place of what was there, which is set aside in ${join(paths.stateDirectory, aside)}`,
    result: 'ok',
    resultDetail: '',
    durationMs: null,
  });
  await forget();
}
