import type { Clock, Instant } from './clock.ts';
import { elapsedMs } from './clock.ts';
import type { Run } from './processes.ts';

/** A third of WatchdogSec= in the unit: more often only costs processes. */
const WATCHDOG_EVERY_MS = 20_000;

export interface ServiceManager {
  /** READY=1, once. */
  ready(): Promise<void>;
  /** WATCHDOG=1, when it is time. */
  alive(): Promise<void>;
  stopping(): Promise<void>;
}

/**
 * Talks to systemd (sd_notify(3)) through `systemd-notify`: Node has no datagram sockets of AF_UNIX, and a call
 * every few seconds does not pay for a native module. Does nothing when no service manager listens.
 */
export function serviceManager(run: Run, clock: Clock, environment: NodeJS.ProcessEnv): ServiceManager {
  const listens = environment.NOTIFY_SOCKET !== undefined;
  let isReady = false;
  let fedAt: Instant | null = null;

  async function notify(...states: readonly string[]): Promise<void> {
    if (listens) await run('systemd-notify', states, { timeoutMs: 5_000 });
  }

  return {
    async ready() {
      if (isReady) return;
      isReady = true;
      await notify('--ready', `--pid=${process.pid}`);
    },
    async alive() {
      const now = clock.now();
      const since = fedAt && elapsedMs(fedAt, now);
      if (since !== null && since < WATCHDOG_EVERY_MS) return;
      fedAt = now;
      await notify('WATCHDOG=1');
    },
    stopping: () => notify('STOPPING=1'),
  };
}
