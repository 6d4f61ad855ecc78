import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../support/client.ts';
import { HOST_V4 } from '../support/machine.ts';
import type { Fault } from './counts.ts';

/** A container behind a published UDP port that a fault befalls. */
export interface Sufferer {
  readonly client: Client;
  readonly port: number;
  readonly container: string;
  docker(...args: string[]): Promise<string>;
}

/** How long the service was away for a client outside. */
export interface Outage {
  /** The longest time without an answer; when it had not ended, for as long as it was watched. */
  readonly ms: number;
  readonly ended: boolean;
}

const KNOCK_EVERY_MS = 500;

/** Has a fault befall the service, and watches from outside, one flow and new ones, until it serves again. */
export async function outageBy(
  fault: Fault,
  { client, port, container, docker }: Sufferer,
  { intervalMs, limitMs }: { readonly intervalMs: number; readonly limitMs: number },
): Promise<Outage> {
  const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', container));
  const flow = await client.startUdpFlow({ host: HOST_V4, port, intervalMs });
  await sleep(300);
  const begun = performance.now();
  if (fault === 'docker-kill') await docker('kill', container);
  else process.kill(pid, fault === 'killed' ? 'SIGKILL' : 'SIGSTOP');
  // What was sent before may still be answered.
  await sleep(KNOCK_EVERY_MS);
  let ended = false;
  while (!ended && performance.now() - begun < limitMs) {
    const { received } = await client.udpEcho({ host: HOST_V4, port, intervalMs: 5, count: 3 });
    ended = received > 0;
    if (!ended) await sleep(KNOCK_EVERY_MS);
  }
  const { longestGapMs, received } = await flow.stop();
  if (received === 0) throw new Error(`${container} never served on port ${port}`);
  return { ms: longestGapMs, ended };
}
