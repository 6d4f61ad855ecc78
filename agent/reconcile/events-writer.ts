import { EVENTS_KEPT, writeEvents } from '../control/events-file.ts';
import type { Store } from '../store/types.ts';

/** An event whose end is written later is among these. */
const MAY_STILL_CHANGE = 20;

/** Writes the events for everybody to read, when there is anything new to read. */
export function eventsWriter(store: Store, path: string): () => Promise<void> {
  let written: string | null = null;
  return async () => {
    const newest = JSON.stringify(store.events({ limit: MAY_STILL_CHANGE }));
    if (newest === written) return;
    await writeEvents(path, store.events({ limit: EVENTS_KEPT }));
    written = newest;
  };
}
