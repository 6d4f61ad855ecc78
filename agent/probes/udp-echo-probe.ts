import { randomBytes } from 'node:crypto';
import type { Verdict } from './types.ts';
import { exchangeUdp } from './udp-exchange.ts';

export interface UdpEchoTarget {
  /** A textual IP address. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** Sends random bytes and expects them back: the contract of the embedded stand-in's media port. */
export function probeUdpEcho(target: UdpEchoTarget): Promise<Verdict> {
  const request = randomBytes(32);
  return exchangeUdp({
    ...target,
    kind: 'udp',
    request,
    judge: (answer) =>
      answer.equals(request) ? { ok: true, detail: `${request.length} bytes came back` } : null,
  });
}
