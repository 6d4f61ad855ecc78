import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '../../agent/control/status.ts';
import type { EmulatedMachine } from './emulated-machine.ts';
import type { GuestAgent } from './guest-agent.ts';

const MINUTE = 60_000;
/** An emulated machine is slow, and slower yet where others work beside it. */
export const BOOT_MS = 10 * MINUTE;
const LOOK_EVERY_MS = 500;

/** Waits until a machine says that it serves, all of it. Rejects with its last words when it does not. */
export async function comesUp(machine: EmulatedMachine): Promise<GuestAgent> {
  const guest = await machine.guest(BOOT_MS);
  for (;;) {
    const status = await statusOf(guest);
    if (status?.overall === 'ok') return guest;
    if (machine.upMs() > BOOT_MS) {
      const problems = status?.problems.map(({ code, evidence }) => `${code}: ${evidence}`) ?? ['no status'];
      throw new Error(
        `not up after ${BOOT_MS} ms: ${problems.join('; ')}\n${machine.journal().slice(-4000)}`,
      );
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** The status that the agent wrote in this boot; null while there is none. */
async function statusOf(guest: GuestAgent): Promise<Status | null> {
  const { stdout } = await guest.sh('cat /run/appliance-agent/status.json 2>/dev/null', MINUTE);
  return stdout === '' ? null : JSON.parse(stdout);
}

/** SHA-256 of each secret that the machine has, by its file; none before the first is made. */
export async function secretsOf(guest: GuestAgent): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await guest.sh('cd /var/lib/appliance-agent/secrets 2>/dev/null && sha256sum *', MINUTE);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line): [string, string] => [line.slice(66), line.slice(0, 64)]));
}

/**
 * Resolves when the console says that all services are serving and, at its end, where the machine is reached; rejects
 * with what it says in its place.
 */
export async function consoleTellsServing(machine: EmulatedMachine, where: string): Promise<void> {
  const begun = machine.upMs();
  for (;;) {
    const banner = (await machine.console()).replaceAll('\r', '').split('appliance-agent ').at(-1) ?? '';
    const [state = '', reach = ''] = banner.split('\n');
    if (state.endsWith(': OK, all services are serving') && reach.endsWith(`  ${where}`)) return;
    if (machine.upMs() - begun > MINUTE) throw new Error(`the console says: ${banner}`);
    await sleep(LOOK_EVERY_MS);
  }
}
