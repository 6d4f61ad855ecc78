import * as z from 'zod';
import type { Store } from '../store/types.ts';
import { jsonOrNull } from '../system/json.ts';

const REMEMBERED_AS = 'image-loads';

/**
 * The images that were given to the engine and may not be on its disk. The engine writes down at once which layers it
 * has, and leaves their files to the kernel: a power cut soon after leaves empty files in an image that counts as whole,
 * and a layer that is there is not unpacked again (docs/decisions.md). So a load is written down before it begins, and
 * forgotten when the disk has it.
 */
export interface ImageLoads {
  /** References of the images whose load the last boot did not live to see on the disk. */
  torn(): ReadonlySet<string>;
  /** Written down before the engine gets it; from here on it is not `torn`. */
  begun(reference: string): void;
  onDisk(reference: string): void;
}

const schema = z.record(z.string(), z.string());

/** `bootId`: what is lost is lost by a boot that ended, not by an agent that did. */
export function createImageLoads(store: Store, bootId: string): ImageLoads {
  const parsed = schema.safeParse(jsonOrNull(store.get(REMEMBERED_AS)));
  const loads = new Map(Object.entries(parsed.success ? parsed.data : {}));
  const write = () => store.set(REMEMBERED_AS, JSON.stringify(Object.fromEntries(loads)));
  return {
    torn: () => new Set([...loads].filter(([, boot]) => boot !== bootId).map(([reference]) => reference)),
    begun(reference) {
      loads.set(reference, bootId);
      write();
    },
    onDisk(reference) {
      loads.delete(reference);
      write();
    },
  };
}
