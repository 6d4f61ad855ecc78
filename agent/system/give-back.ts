import { getHeapStatistics } from 'node:v8';

/** So much more than what was left after the last collection is worth one. */
const WORTH_BYTES = 3 * 1024 ** 2;

export interface Heap {
  readonly usedBytes: () => number;
  /** Collects all garbage, and gives back to the machine what it took. Some 15 ms. */
  readonly collect: () => void;
}

/** `gc` is there by --expose-gc, see bin/appliance-agent. */
export const ownHeap: Heap = {
  usedBytes: () => getHeapStatistics().used_heap_size,
  collect: () => globalThis.gc?.(),
};

/**
 * Returns what gives memory back when there is enough of it. V8 does so when it needs room, and at rest it needs none for
 * hours: what the start left would stay.
 */
export function createGiveBack({ usedBytes, collect }: Heap): () => void {
  let kept = 0;
  return () => {
    if (usedBytes() < kept + WORTH_BYTES) return;
    collect();
    kept = usedBytes();
  };
}
