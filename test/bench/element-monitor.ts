import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { NFT_PROGRAM } from '../../agent/nftables/index.ts';
import { wallMs } from './wall-time.ts';

/** A change of the map, as the kernel told of it. */
export interface ElementChange {
  readonly verb: 'add' | 'delete';
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

export interface ElementMonitor {
  /** Resolves to the first such change from now on, or after `sinceMs`; rejects at the time limit. */
  next(verb: ElementChange['verb'], sinceMs: number, limitMs: number): Promise<ElementChange>;
  stop(): Promise<void>;
}

/** Follows `nft monitor` in a namespace and notes when elements with 7882 come to and go from the map dnat4. */
export async function monitorElements(namespace: string): Promise<ElementMonitor> {
  const child = spawn(
    'nsenter',
    [`--net=/run/netns/${namespace}`, '--', NFT_PROGRAM, '-j', 'monitor', 'elements'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child, 'spawn');
  // It says nothing when it has begun to listen.
  await sleep(500);
  const changes: ElementChange[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const verb = verbOf(line);
    if (verb !== null) changes.push({ verb, atMs: wallMs() });
  });
  return {
    async next(verb, sinceMs, limitMs) {
      const deadline = performance.now() + limitMs;
      for (;;) {
        const change = changes.find(({ verb: seen, atMs }) => seen === verb && atMs >= sinceMs);
        if (change !== undefined) return change;
        if (child.exitCode !== null || performance.now() > deadline) {
          throw new Error(
            `no ${verb} of the element within ${limitMs} ms: ${JSON.stringify(changes.slice(-5))}`,
          );
        }
        await sleep(5);
      }
    },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function verbOf(line: string): ElementChange['verb'] | null {
  if (!/"name": ?"dnat4"/.test(line) || !/\b7882\b/.test(line)) return null;
  return /^\{"(add|delete)": ?\{"element"/.exec(line)?.[1] === 'add' ? 'add' : 'delete';
}
