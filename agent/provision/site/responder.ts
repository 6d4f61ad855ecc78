import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';
import type { Responder } from './announcement.ts';

/** Who announces this machine, or why nobody can. */
export type Found = { readonly responder: Responder } | { readonly why: string };

/**
 * Looks for what is on this machine, and will run: avahi-daemon first, for whoever installed it wants it; else
 * systemd-resolved. Nothing is installed. `root` stands before each path.
 */
export async function findResponder(run: Run, root = ''): Promise<Found> {
  if (await isEnabled(run, 'avahi-daemon.service')) return { responder: 'avahi' };
  if (!(await isEnabled(run, 'systemd-resolved.service')))
    return { why: 'neither avahi-daemon nor systemd-resolved is installed and enabled' };
  // Seen with Debian 13's systemd 257: "Failed to escape hostname", and it announces itself as `linux`.
  return (await hasLibrary(join(root, '/usr/lib'), 'libidn2.so.0'))
    ? { responder: 'systemd-resolved' }
    : { why: 'systemd-resolved knows no name without Debian’s package libidn2-0' };
}

async function isEnabled(run: Run, unit: string): Promise<boolean> {
  const { stdout } = await run('systemctl', ['is-enabled', unit], { timeoutMs: 10_000 });
  return stdout.trim() === 'enabled';
}

/** Below the folder of the machine's architecture, e.g. `x86_64-linux-gnu`. */
async function hasLibrary(directory: string, name: string): Promise<boolean> {
  const folders = (await readdir(directory)).filter((folder) => folder.endsWith('-linux-gnu'));
  for (const folder of folders) {
    try {
      if ((await readdir(join(directory, folder))).includes(name)) return true;
    } catch (error) {
      if (!isErrno(error, 'ENOTDIR')) throw error;
    }
  }
  return false;
}
