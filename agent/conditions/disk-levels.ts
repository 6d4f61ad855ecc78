import type { DiskSpace } from './types.ts';

const MiB = 1024 ** 2;

/** Where little room is left, and where hardly any: below either of share and bytes. docs/healing.md says what is then done. */
export const DISK_LEVELS = {
  low: { share: 0.1, bytes: 1024 * MiB },
  critical: { share: 0.03, bytes: 200 * MiB },
} as const;

export type DiskLevel = 'enough' | keyof typeof DISK_LEVELS;

/** How full a filesystem is. The same shares go for the number of files that it can hold. */
export function diskLevel(space: DiskSpace): DiskLevel {
  if (isBelow(space, 'critical')) return 'critical';
  return isBelow(space, 'low') ? 'low' : 'enough';
}

function isBelow({ availableBytes, sizeBytes, files }: DiskSpace, level: keyof typeof DISK_LEVELS): boolean {
  const { share, bytes } = DISK_LEVELS[level];
  return (
    availableBytes < sizeBytes * share ||
    availableBytes < bytes ||
    (files !== null && files.available < files.most * share)
  );
}
