import type { DiskSpace } from './types.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/**
 * Where little room is left, and where hardly any: below a share of the disk, which counts as `least` where it is less and
 * as `most` where it is more, for what an update or a night of logs needs does not grow with the disk. docs/healing.md
 * says what is then done.
 */
export const DISK_LEVELS = {
  low: { share: 0.1, least: GiB, most: 5 * GiB },
  critical: { share: 0.03, least: 200 * MiB, most: GiB },
} as const;

export type DiskLevel = 'enough' | keyof typeof DISK_LEVELS;

/** How full a filesystem is. The shares go for the number of files that it can hold too. */
export function diskLevel(space: DiskSpace): DiskLevel {
  if (isBelow(space, 'critical')) return 'critical';
  return isBelow(space, 'low') ? 'low' : 'enough';
}

function isBelow({ availableBytes, sizeBytes, files }: DiskSpace, level: keyof typeof DISK_LEVELS): boolean {
  const { share, least, most } = DISK_LEVELS[level];
  return (
    availableBytes < Math.max(least, Math.min(most, sizeBytes * share)) ||
    (files !== null && files.available < files.most * share)
  );
}
