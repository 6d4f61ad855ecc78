import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Outage, outages } from './outages.ts';

export interface UdpFlowOptions {
  readonly host: string;
  readonly port: number;
  /** One datagram each this many milliseconds. */
  readonly intervalMs: number;
  /** Ends by itself after this many; without it, when it is stopped. */
  readonly count?: number;
  /** Free choice of the kernel when absent; in any case the same for the whole flow. */
  readonly sourcePort?: number;
}

export interface UdpFlowResult {
  readonly sent: number;
  readonly received: number;
  /** Port unreachable, as ICMP said. */
  readonly refused: number;
  readonly longestGapMs: number;
  readonly gaps: readonly Outage[];
  /** Whether the flow was being answered when it ended: the last gap is then over. */
  readonly lastAnswered: boolean;
  readonly sourcePort: number;
}

/** How long answers may take after the last request. */
const LAST_ANSWERS_MS = 300;

/**
 * Sends numbered datagrams from one socket, so that every one has the same 5-tuple, and counts the echoes. Resolves
 * when `count` is reached or `signal` aborts.
 */
export async function udpFlow(options: UdpFlowOptions, signal: AbortSignal): Promise<UdpFlowResult> {
  const socket = createSocket(isIPv6(options.host) ? 'udp6' : 'udp4');
  const flow = randomBytes(12);
  const requests: { sentMs: number; answered: boolean }[] = [];
  let refused = 0;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNREFUSED') throw error;
    refused += 1;
  });
  socket.on('message', (answer) => {
    const request = answer.subarray(4).equals(flow) ? requests[answer.readUInt32BE(0)] : undefined;
    if (request !== undefined) request.answered = true;
  });
  await new Promise<void>((resolve) => socket.bind(options.sourcePort ?? 0, resolve));
  const sourcePort = socket.address().port;
  await new Promise<void>((resolve) => socket.connect(options.port, options.host, resolve));
  await new Promise<void>((resolve) => {
    const ticks = setInterval(() => {
      if (signal.aborted || requests.length === options.count) {
        clearInterval(ticks);
        resolve();
        return;
      }
      const number = Buffer.alloc(4);
      number.writeUInt32BE(requests.length);
      requests.push({ sentMs: performance.now(), answered: false });
      socket.send(Buffer.concat([number, flow]));
    }, options.intervalMs);
  });
  await sleep(LAST_ANSWERS_MS);
  socket.close();
  const gaps = outages(requests);
  return {
    sent: requests.length,
    received: requests.filter(({ answered }) => answered).length,
    refused,
    longestGapMs: Math.max(0, ...gaps.map(({ ms }) => ms)),
    gaps,
    lastAnswered: requests.at(-1)?.answered ?? false,
    sourcePort,
  };
}
