import type { Clock, Instant } from './clock.ts';
import { elapsedMs } from './clock.ts';
import type { Run } from './processes.ts';

/** Part of the watchdog's time after which it is fed: more often only costs processes. */
const FED_AFTER = 1 / 3;

export interface ServiceManager {
  /** READY=1, once. */
  ready(): Promise<void>;
  /** WATCHDOG=1, when it is time: a third of WatchdogSec= after the last one. */
  alive(): Promise<void>;
  stopping(): Promise<void>;
}

/**
 * Talks to systemd (sd_notify(3)) through `systemd-notify`: Node has no datagram sockets of AF_UNIX, and a call
 * every few seconds does not pay for a native module. Does nothing when no service manager listens.
 */
export function serviceManager(run: Run, clock: Clock, environment: NodeJS.ProcessEnv): ServiceManager {
  const listens = environment.NOTIFY_SOCKET !== undefined;
  // sd_watchdog_enabled(3): not there where the unit has no WatchdogSec=.
  const watchdogMs = Number(environment.WATCHDOG_USEC ?? 0) / 1_000;
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
      if (watchdogMs === 0) return;
      const now = clock.now();
      const since = fedAt && elapsedMs(fedAt, now);
      if (since !== null && since < watchdogMs * FED_AFTER) return;
      fedAt = now;
      await notify('WATCHDOG=1');
    },
    stopping: () => notify('STOPPING=1'),
  };
}
