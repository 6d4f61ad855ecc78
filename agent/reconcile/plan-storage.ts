import { formatBytes } from '../conditions/bytes.ts';
import { DISK_LEVELS, diskLevel } from '../conditions/disk-levels.ts';
import type { Step } from './steps.ts';
import type { Observed, StorageState } from './types.ts';

const MiB = 1024 ** 2;
/** What the database, with its log and its copies, needs to go on, and a person to log in and tidy up. */
const BALLAST_BYTES = 64 * MiB;
/** It is made, also again, only where so much more than little room is then left: or it would come and go. */
const MARGIN = 1.25;

/**
 * What is done about a disk that fills up: the ballast is given back, and images of other releases are removed from the
 * engine, which their archives on the disk bring back. Nothing else is ours to delete.
 */
export function planStorage({ storage, engine }: Observed): Step[] {
  if (!storage.ok) return [];
  return [...planBallast(storage.value), ...planOldImages(storage.value, engine)];
}

/** In bytes, not in shares: whether the next write fits does not depend on the size of the disk. */
function planBallast({ state: { availableBytes }, ballastBytes }: StorageState): Step[] {
  const free = `${formatBytes(availableBytes)} are free`;
  if (ballastBytes !== null) {
    return availableBytes < DISK_LEVELS.critical.least
      ? [{ kind: 'release-ballast', why: `only ${free}` }]
      : [];
  }
  return availableBytes - BALLAST_BYTES >= DISK_LEVELS.low.least * MARGIN
    ? [
        {
          kind: 'make-ballast',
          why: `nothing is set aside for a full disk, and ${free}`,
          bytes: BALLAST_BYTES,
        },
      ]
    : [];
}

function planOldImages({ engineData, oldImages }: StorageState, engine: Observed['engine']): Step[] {
  if (!engine.ok || !oldImages.ok || diskLevel(engineData) === 'enough') return [];
  const inUse = new Set(engine.value.containers.map(({ image }) => image));
  return oldImages.value
    .filter(({ reference }) => !inUse.has(reference))
    .map((image) => ({
      kind: 'remove-image',
      why: `only ${formatBytes(engineData.availableBytes)} are free, and it is of another release`,
      image,
    }));
}
