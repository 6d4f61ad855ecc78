import { existsSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DATABASE_SUFFIXES, syncToDisk } from './durable-files.ts';

/**
 * Renames a damaged database to `<path>.corrupt-<stamp>`, its -wal and -shm alike, so that the three can be looked at
 * together; nothing is ever deleted. Returns the new name, null when there was no file.
 *
 * The database goes first: after a power cut in between, a -wal without its database is recognised for what it is,
 * while a database without its -wal would pass for a sound but older one.
 */
export function setAside(path: string, wall: string): string | null {
  const present = DATABASE_SUFFIXES.filter((suffix) => existsSync(path + suffix));
  if (present.length === 0) return null;
  const aside = freeName(`${path}.corrupt-${wall.replace(/[^0-9TZ]/g, '')}`);
  for (const suffix of present) renameSync(path + suffix, aside + suffix);
  syncToDisk(dirname(path));
  return aside;
}

/** A machine without a battery clock may boot at the same second twice. */
function freeName(name: string): string {
  let free = name;
  for (let number = 2; DATABASE_SUFFIXES.some((suffix) => existsSync(free + suffix)); number += 1)
    free = `${name}-${number}`;
  return free;
}
