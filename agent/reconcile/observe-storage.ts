import { diskLevel } from '../conditions/disk-levels.ts';
import { spaceOf } from '../conditions/gather/disks.ts';
import { within } from '../conditions/gather/within.ts';
import type { Engine } from '../engine/types.ts';
import { readKeptImages } from '../stack/kept-images.ts';
import type { StackImage } from '../stack/types.ts';
import type { Ballast } from '../system/ballast.ts';
import type { Paths } from '../system/paths.ts';
import { seen } from './seen.ts';
import type { StorageState } from './types.ts';

export interface StoragePorts {
  readonly paths: Pick<Paths, 'stateDirectory' | 'engineData' | 'releases'>;
  readonly engine: Pick<Engine, 'imageId'>;
  readonly ballast: Pick<Ballast, 'size'>;
}

const NONE = { ok: true, value: [] } as const;

/**
 * How much room there is, by statfs(2). Only where it is low the engine is asked what it has of other releases; what
 * comes of that is told by itself, for a full disk may be what ails the engine. `inForce`: the images of the stack. Bounded
 * in time, for a dead network mount hangs.
 */
export async function observeStorage(
  { paths, engine, ballast }: StoragePorts,
  inForce: readonly StackImage[],
): Promise<StorageState> {
  const [state, engineData, ballastBytes] = await within(
    5_000,
    'asking for the free space',
    Promise.all([spaceOf(paths.stateDirectory), spaceOf(paths.engineData), ballast.size()]),
  );
  const isLow = diskLevel(engineData) !== 'enough' && inForce.length > 0;
  return {
    state,
    engineData,
    ballastBytes,
    oldImages: isLow ? await seen(oldImages(paths, engine, inForce)) : NONE,
  };
}

async function oldImages(
  { releases }: StoragePorts['paths'],
  engine: StoragePorts['engine'],
  inForce: readonly StackImage[],
): Promise<readonly StackImage[]> {
  const needed = new Set(inForce.map(({ reference }) => reference));
  const old = (await readKeptImages(releases)).filter(({ reference }) => !needed.has(reference));
  const present = await Promise.all(old.map(({ reference }) => engine.imageId(reference)));
  return old.filter((_, index) => present[index] !== null);
}
