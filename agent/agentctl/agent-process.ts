import { readFile } from 'node:fs/promises';

/**
 * Whether a process holds this unix socket. The kernel's own list (unix(7), /proc/net/unix) says so to anybody,
 * where connecting needs root; a socket file that a killed agent left behind is not in it.
 */
export async function isSocketHeld(socket: string, listing = '/proc/net/unix'): Promise<boolean> {
  const lines = (await readFile(listing, 'utf8')).split('\n');
  return lines.some((line) => line.endsWith(` ${socket}`));
}
