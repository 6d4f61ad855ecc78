import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError, isErrno } from '../../system/errors.ts';
import type { Paths } from '../../system/paths.ts';
import { known, unknown } from '../findings.ts';
import type { DiskSpace, Facts } from '../types.ts';
import { within } from './within.ts';

type Disk = Extract<Facts['disks'], { known: true }>['value'][number];

/** Where the stack, its images and the agent's own state live. */
export const diskPaths = ({ root, engineData, stateDirectory }: Paths): readonly string[] => [
  root === '' ? '/' : root,
  engineData,
  stateDirectory,
];

/** The filesystems that hold `paths`, each once, by statfs(2). Bounded to 5 s: a dead network mount hangs. */
export async function gatherDisks(paths: readonly string[]): Promise<Facts['disks']> {
  try {
    const disks = await within(5_000, 'asking for the free space', Promise.all(paths.map(diskOf)));
    return known([...new Map(disks.map((disk) => [disk.mount, disk])).values()]);
  } catch (error) {
    return unknown(describeError(error));
  }
}

async function diskOf(path: string): Promise<Disk> {
  const [space, mount] = await Promise.all([spaceOf(path), mountOf(path)]);
  return { mount, ...space };
}

/** How full the filesystem of a path is, or of the nearest folder above it that is there. */
export async function spaceOf(path: string): Promise<DiskSpace> {
  try {
    const { bavail, blocks, bsize, ffree, files } = await statfs(path);
    return {
      availableBytes: bavail * bsize,
      sizeBytes: blocks * bsize,
      files: files === 0 ? null : { available: ffree, most: files },
    };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return spaceOf(dirname(path));
    throw error;
  }
}

/** The highest folder above a path, or above the nearest one that is there, that is on the same device. */
async function mountOf(path: string): Promise<string> {
  let highest = path;
  let device: number | null = null;
  for (let folder = path; ; folder = dirname(folder)) {
    const own = await deviceOf(folder);
    if (device !== null && own !== device) return highest;
    [highest, device] = [folder, own];
    if (folder === dirname(folder)) return highest;
  }
}

/** Null when there is no such folder. */
async function deviceOf(folder: string): Promise<number | null> {
  try {
    return (await stat(folder)).dev;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}
