import { access } from 'node:fs/promises';
import { describeError } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';
import { known } from '../findings.ts';
import type { Facts } from '../types.ts';

export interface ClockPorts {
  readonly run: Run;
  /** Whether a path exists. */
  readonly exists: (path: string) => Promise<boolean>;
  readonly wall: () => string;
}

/**
 * The wall clock, and whether it is kept by a time server. systemd-timedated asks the kernel (adjtimex(2)), so its
 * answer holds for chrony and ntpd too; without systemd only the mark that systemd-timesyncd leaves can be seen.
 */
export async function gatherClock({ run, exists, wall }: ClockPorts): Promise<Facts['clock']> {
  const answer = (synchronized: boolean | null, detail: string) =>
    known({ wall: wall(), synchronized, detail });
  // sd_booted(3): the folder exists exactly when systemd is the init system.
  if (await exists('/run/systemd/system')) {
    try {
      const args = ['show', '--property=NTPSynchronized', '--value'];
      const { stdout } = await run('/usr/bin/timedatectl', args, { timeoutMs: 5_000 });
      const value = stdout.trim();
      if (value === 'yes') return answer(true, 'synchronised');
      if (value === 'no') return answer(false, 'not synchronised with a time server');
      return answer(null, 'timedatectl does not say whether it is synchronised');
    } catch (error) {
      return answer(null, describeError(error));
    }
  }
  if (await exists('/run/systemd/timesync/synchronized')) return answer(true, 'synchronised');
  return answer(null, 'without systemd it cannot be told whether it is synchronised');
}

/** Whether a path exists and can be seen. */
export const pathExists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
