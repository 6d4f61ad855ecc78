import { createTask } from 'node-cron';

/** Work that comes again and again, until it is stopped. */
export interface Periodic {
  stop(): void;
}

/**
 * Does `work` at the times of a cron expression (node-cron's, with seconds, in UTC), never twice at once. An error of
 * `work` goes to `onError`, and the next time comes all the same.
 *
 * node-cron says when, a timer of Node's waits, which counts monotonic time. node-cron's own wait is for a moment on the
 * wall clock: set back by a year, that clock does not show it for a year; set forward, every moment that it skipped is
 * gone through first, which held this process for more than two minutes (4.6.0). A machine whose clock has no battery is
 * set so at each boot.
 */
export function periodically(
  expression: string,
  work: () => unknown,
  onError: (error: unknown) => void,
): Periodic {
  const task = createTask(expression, work, { timezone: 'UTC' });
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const wait = () => {
    const [next] = task.getNextRuns(1);
    if (next !== undefined && !stopped) timer = setTimeout(go, next.getTime() - Date.now());
  };
  const go = async () => {
    try {
      await work();
    } catch (error) {
      onError(error);
    }
    wait();
  };
  wait();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      void task.destroy();
    },
  };
}
