import type { Engine } from '../engine/types.ts';
import type { Prober } from '../probes/prober.ts';
import type { Store } from '../store/types.ts';
import { type Clock, elapsedMs, type Instant } from '../system/clock.ts';
import { describeError } from '../system/errors.ts';
import type { Loop } from './loop.ts';
import type { Memory } from './memory.ts';

const REMEMBERED_AS = 'engine-events-seen';
/** The place in the stream is written down this often at most: each time is a write to the disk. */
const WRITE_EVERY_MS = 60_000;

export interface EngineWatchPorts {
  readonly engine: Engine;
  readonly project: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly memory: Memory;
  readonly loop: Pick<Loop, 'wake' | 'engineEvent'>;
  readonly prober: Pick<Prober, 'reset'>;
  readonly log: { warn(fields: object, message: string): void };
}

export interface EngineWatch {
  /** Follows the engine's events from where the last run left off, until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>;
  /** The engine's version when it was last connected to; null before. */
  version(): string | null;
}

/** Hears from the engine, and lets each part know what concerns it. */
export function createEngineWatch(ports: EngineWatchPorts): EngineWatch {
  const { engine, store, clock, memory, loop, log } = ports;
  const startedAtNano = BigInt(Date.now()) * 1_000_000n;
  let newest: string | null = store.get(REMEMBERED_AS);
  let writtenAt: Instant = clock.now();
  let version: string | null = null;

  function remember(timeNano: string): void {
    newest = timeNano;
    if ((elapsedMs(writtenAt, clock.now()) ?? WRITE_EVERY_MS) < WRITE_EVERY_MS) return;
    writtenAt = clock.now();
    store.set(REMEMBERED_AS, timeNano);
  }

  async function askVersion(): Promise<void> {
    try {
      version = (await engine.version()).version;
      loop.wake();
    } catch (error) {
      log.warn({ error: describeError(error) }, 'the engine does not tell its version');
    }
  }

  return {
    version: () => version,
    async follow(signal) {
      await engine.follow({
        project: ports.project,
        signal,
        since: newest,
        onEvent(event) {
          remember(event.timeNano);
          // An event from before this run may explain what is seen, but it calls for nothing.
          if (BigInt(event.timeNano) < startedAtNano) {
            memory.noteFormerEvent(event, clock.now());
            return;
          }
          if (event.action === 'die' && event.service !== null) ports.prober.reset(event.service);
          loop.engineEvent(event);
        },
        onConnected() {
          memory.watching(clock.now());
          void askVersion();
        },
        onDisconnected(reason) {
          memory.watching(null);
          log.warn({ reason }, 'the engine cannot be followed');
          loop.wake();
        },
      });
      if (newest !== null) store.set(REMEMBERED_AS, newest);
    },
  };
}
