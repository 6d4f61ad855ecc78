import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeDebian } from '../support/debian-root.ts';

const ROOT = resolve(import.meta.dirname, '../../.cache/emulator');
/** Where its packages keep firmware. */
const FIRMWARE = ['qemu', 'seabios'];

/**
 * The command line of a QEMU, from Debian 13 whatever this machine has: an emulated machine boots on QEMU 10.0 in 59 s that
 * takes 71 s on 7.2. It is run from a folder of its own, with the libraries there; made once.
 */
export async function emulator(): Promise<readonly [program: string, ...args: string[]]> {
  if (!existsSync(ROOT))
    await makeDebian('trixie', { packages: ['qemu-system-x86'], format: 'directory', target: ROOT });
  const inRoot = (path: string) => join(ROOT, path);
  return [
    inRoot('lib64/ld-linux-x86-64.so.2'),
    ...['--library-path', inRoot('usr/lib/x86_64-linux-gnu'), inRoot('usr/bin/qemu-system-x86_64')],
    ...FIRMWARE.flatMap((folder) => ['-L', inRoot(join('usr/share', folder))]),
  ];
}
