import type { Engine, EngineEvent } from '../engine/types.ts';
import type { Store } from '../store/types.ts';
import { type Clock, elapsedMs, type Instant } from '../system/clock.ts';

const REMEMBERED_AS = 'engine-events-seen';
/** The place in the stream is written down this often at most: each time is a write to the disk. */
const WRITE_EVERY_MS = 60_000;

export interface EngineWatchPorts {
  readonly engine: Engine;
  readonly project: string;
  readonly store: Store;
  readonly clock: Clock;
  /** An event of now. */
  readonly onEvent: (event: EngineEvent) => void;
  /** An event from before this run began: it may explain what is seen, but it calls for nothing. */
  readonly onPastEvent: (event: EngineEvent) => void;
  readonly onConnected: () => void;
  readonly onDisconnected: (reason: string) => void;
}

/** Follows the engine's events from where the last run left off, until the signal aborts. */
export async function watchEngine(ports: EngineWatchPorts, signal: AbortSignal): Promise<void> {
  const { store, clock } = ports;
  const startedAtNano = BigInt(Date.now()) * 1_000_000n;
  let newest: string | null = store.get(REMEMBERED_AS);
  let writtenAt: Instant = clock.now();

  function remember(timeNano: string): void {
    newest = timeNano;
    if ((elapsedMs(writtenAt, clock.now()) ?? WRITE_EVERY_MS) < WRITE_EVERY_MS) return;
    writtenAt = clock.now();
    store.set(REMEMBERED_AS, timeNano);
  }

  await ports.engine.follow({
    project: ports.project,
    signal,
    since: newest,
    onEvent(event) {
      remember(event.timeNano);
      const isPast = BigInt(event.timeNano) < startedAtNano;
      (isPast ? ports.onPastEvent : ports.onEvent)(event);
    },
    onConnected: ports.onConnected,
    onDisconnected: ports.onDisconnected,
  });
  if (newest !== null) store.set(REMEMBERED_AS, newest);
}
