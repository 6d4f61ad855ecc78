import type { Engine } from '../engine/types.ts';
import { PROJECT } from '../stack/types.ts';
import type { ImageLoads } from './image-loads.ts';

export interface LoadPorts {
  readonly engine: Pick<Engine, 'containers' | 'removeContainer' | 'loadImage' | 'removeImage'>;
  readonly imageLoads: ImageLoads;
  /** Waits until everything that was written is on the disk. */
  readonly syncDisks: () => Promise<void>;
}

/** Gives an image to the engine; resolves when it is on the disk. Errors: those of the engine and of `syncDisks`. */
export async function loadImage(ports: LoadPorts, reference: string, archive: string): Promise<void> {
  const { engine, imageLoads, syncDisks } = ports;
  if (imageLoads.torn().has(reference)) await discard(ports, reference, archive);
  imageLoads.begun(reference);
  await engine.loadImage(archive);
  await syncDisks();
  imageLoads.onDisk(reference);
}

/** Takes away all that a load that was cut off left: layers that belong to no image yet go with the image that takes them up. */
async function discard({ engine }: LoadPorts, reference: string, archive: string): Promise<void> {
  await engine.loadImage(archive);
  for (const container of await engine.containers(PROJECT)) {
    if (container.image === reference) await engine.removeContainer(container.id);
  }
  await engine.removeImage(reference);
}
