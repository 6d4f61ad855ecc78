import { AgentError } from './errors.ts';
import { type Run, runOk } from './processes.ts';

const HINT = 'Restart it by hand: `sudo reboot`, or the power switch.';

/** Asks systemd to restart this machine, in order. Errors: REBOOT_FAILED, and those of `run`. */
export async function reboot(run: Run, underSystemd: boolean): Promise<void> {
  if (!underSystemd) {
    throw new AgentError({
      code: 'REBOOT_FAILED',
      message: 'This machine can be restarted by systemd only, which does not run here',
      hint: HINT,
    });
  }
  await runOk(run, 'systemctl', ['reboot'], { timeoutMs: 30_000, code: 'REBOOT_FAILED', hint: HINT });
}
