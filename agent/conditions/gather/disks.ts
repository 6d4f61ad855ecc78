import { describeError } from '../../system/errors.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';
import { within } from './within.ts';

export interface Filesystem {
  readonly mount: string;
  readonly availableBytes: number;
  readonly sizeBytes: number;
}

/** Where the stack, its images and the agent's own state live. */
export const DISK_PATHS: readonly string[] = ['/', '/var/lib/docker', '/var/lib/appliance-agent'];

/** The filesystems that hold `paths`, each once. Bounded to 5 s: a dead network mount hangs `df`. */
export async function gatherDisks(
  listFilesystems: () => Promise<readonly Filesystem[]>,
  paths: readonly string[] = DISK_PATHS,
): Promise<Facts['disks']> {
  try {
    const filesystems = await within(5_000, 'listing the filesystems', listFilesystems());
    const holding = new Set(paths.flatMap((path) => filesystemOf(path, filesystems) ?? []));
    return holding.size === 0 ? unknown('no filesystem was listed') : known([...holding]);
  } catch (error) {
    return unknown(describeError(error));
  }
}

/** The real list, from systeminformation; loaded when asked for, because it is large. */
export async function listFilesystems(): Promise<Filesystem[]> {
  // By its default export: that is all a bundle has of a CommonJS package that is imported like this.
  const { default: systeminformation } = await import('systeminformation');
  return (await systeminformation.fsSize()).map(({ mount, available, size }) => ({
    mount,
    availableBytes: available,
    sizeBytes: size,
  }));
}

/** The filesystem with the longest mount point above the path. */
function filesystemOf(path: string, filesystems: readonly Filesystem[]): Filesystem | undefined {
  return filesystems
    .filter(({ mount }) => mount === '/' || path === mount || path.startsWith(`${mount}/`))
    .sort((a, b) => b.mount.length - a.mount.length)[0];
}
