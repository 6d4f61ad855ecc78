import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { probeStunBinding } from '../../agent/probes/stun-probe.ts';
import { type Clone, serves } from './image.ts';
import type { Site } from './on-factory.ts';

/** Resolves when coturn listens on the machine's address: to the seconds that it took. */
export async function isOnItsAddress(clone: Clone): Promise<number> {
  const begun = performance.now();
  const seconds = () => Math.round((performance.now() - begun) / 1000);
  while (!(await probeStunBinding({ host: clone.address, port: 3478, timeoutMs: 500 })).ok) {
    if (seconds() > 40) throw new Error('coturn does not answer on the new address');
    await sleep(500);
  }
  return seconds();
}

/** A boot with the cable plugged in, until the stack serves. */
export async function bootPlugged(t: ExecutionContext, { boot }: Site, root: string): Promise<Clone> {
  const clone = await boot(root);
  await clone.plugIn();
  await serves(t, clone);
  await isOnItsAddress(clone);
  return clone;
}
