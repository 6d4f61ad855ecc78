import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError, isErrno } from '../../system/errors.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';
import { within } from './within.ts';

type Disk = Extract<Facts['disks'], { known: true }>['value'][number];

/** Where the stack, its images and the agent's own state live. */
export const DISK_PATHS: readonly string[] = ['/', '/var/lib/docker', '/var/lib/appliance-agent'];

/** The filesystems that hold `paths`, each once, by statfs(2). Bounded to 5 s: a dead network mount hangs. */
export async function gatherDisks(paths: readonly string[] = DISK_PATHS): Promise<Facts['disks']> {
  try {
    const disks = await within(5_000, 'asking for the free space', Promise.all(paths.map(diskOf)));
    return known([...new Map(disks.map((disk) => [disk.mount, disk])).values()]);
  } catch (error) {
    return unknown(describeError(error));
  }
}

/** The filesystem of a path, or of the nearest folder above it that is there. */
async function diskOf(path: string): Promise<Disk> {
  try {
    const { bavail, blocks, bsize, ffree, files } = await statfs(path);
    return {
      mount: await mountOf(path),
      availableBytes: bavail * bsize,
      sizeBytes: blocks * bsize,
      files: files === 0 ? null : { available: ffree, most: files },
    };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return diskOf(dirname(path));
    throw error;
  }
}

/** The highest folder above a path that is on the same device. */
async function mountOf(path: string): Promise<string> {
  const above = dirname(path);
  if (above === path) return path;
  const [own, next] = await Promise.all([stat(path), stat(above)]);
  return own.dev === next.dev ? mountOf(above) : path;
}
