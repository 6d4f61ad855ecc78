import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Verdict } from './types.ts';
import { failed, millisecondsSince, noAnswer, refusal } from './verdicts.ts';

export interface UdpExchange {
  readonly kind: Verdict['kind'];
  /** A textual IP address: a probe of a service must not depend on a resolver. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly request: Uint8Array;
  /** Judges a datagram; null when it is no answer to this request, and the wait goes on. */
  judge(answer: Buffer): Judgement | null;
}

export interface Judgement {
  readonly ok: boolean;
  readonly detail: string;
}

/** RFC 8489, section 6.2.1: again after 500 ms, then each time after twice as long, seven transmissions in all. */
const FIRST_WAIT_MS = 500;
const TRANSMISSIONS = 7;

/** Sends a datagram, again while no answer comes, and judges the answer. Always resolves, within `timeoutMs`. */
export function exchangeUdp(exchange: UdpExchange): Promise<Verdict> {
  const { kind, timeoutMs } = exchange;
  const begun = performance.now();
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(exchange.host) ? 'udp6' : 'udp4');
    const timers = new Set<NodeJS.Timeout>();
    let concluded = false;
    const conclude = (verdict: Verdict) => {
      // Closing does not stop errors that are on their way already.
      if (concluded) return;
      concluded = true;
      for (const timer of timers) clearTimeout(timer);
      socket.close();
      resolve(verdict);
    };
    const send = () => {
      if (!concluded) socket.send(exchange.request);
    };
    socket.on('error', (error) => conclude(failed(kind, refusal(error))));
    socket.on('message', (answer) => {
      const judgement = exchange.judge(answer);
      if (judgement !== null) conclude({ ...judgement, kind, latencyMs: millisecondsSince(begun) });
    });
    socket.on('connect', () => {
      send();
      for (const wait of retransmissionTimes(timeoutMs)) timers.add(setTimeout(send, wait));
    });
    timers.add(setTimeout(() => conclude(noAnswer(kind, timeoutMs)), timeoutMs));
    // Connected, so that the kernel drops what others send and reports ICMP errors.
    socket.connect(exchange.port, exchange.host);
  });
}

/** When to send again, in milliseconds after the first time; only times before the time limit. */
export function retransmissionTimes(timeoutMs: number): number[] {
  return Array.from(
    { length: TRANSMISSIONS - 1 },
    (_, index) => FIRST_WAIT_MS * (2 ** (index + 1) - 1),
  ).filter((time) => time < timeoutMs);
}
