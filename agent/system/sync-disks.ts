import { type Run, runOk } from './processes.ts';

/** Longer than a slow card takes for the images of a stack. */
const LIMIT_MS = 5 * 60_000;

/**
 * Waits until what anybody wrote is on the disks, as sync(1): the engine may keep its images on any of them.
 * Errors: SYNC_FAILED, and those of `run`.
 */
export async function syncDisks(run: Run): Promise<void> {
  await runOk(run, 'sync', [], {
    timeoutMs: LIMIT_MS,
    code: 'SYNC_FAILED',
    hint: 'A disk does not take what is written to it: look at the kernel’s log, journalctl -k.',
  });
}
