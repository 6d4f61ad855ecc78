import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Verdict } from './types.ts';
import { failed, millisecondsSince, refusal } from './verdicts.ts';

export interface TcpTarget {
  /** A textual IP address. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  /**
   * Whether to send random bytes and expect them back. Without it an accepted connection is enough, and that is the
   * kernel's doing: a hung process accepts too until its backlog is full.
   */
  readonly echo: boolean;
}

/** Connects, and exchanges some bytes when `echo` is asked for. Always resolves, within `timeoutMs`. */
export function probeTcp(target: TcpTarget): Promise<Verdict> {
  const { host, port, timeoutMs, echo } = target;
  const begun = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const request = randomBytes(32);
    let accepted = false;
    let received = Buffer.alloc(0);
    const conclude = (verdict: Verdict) => {
      clearTimeout(limit);
      socket.destroy();
      resolve(verdict);
    };
    const succeed = (detail: string) =>
      conclude({ ok: true, kind: 'tcp', latencyMs: millisecondsSince(begun), detail });
    const limit = setTimeout(() => {
      const what = accepted ? 'accepted, but no answer' : 'no answer';
      conclude(failed('tcp', `${what} within ${timeoutMs} ms`));
    }, timeoutMs);
    socket.on('connect', () => {
      accepted = true;
      if (echo) socket.write(request);
      else succeed('accepted');
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < request.length) return;
      if (received.equals(request)) succeed(`accepted, ${request.length} bytes came back`);
      else conclude(failed('tcp', 'accepted, but other bytes came back'));
    });
    socket.on('end', () => conclude(failed('tcp', 'accepted, then closed without an answer')));
    socket.on('error', (error) => conclude(failed('tcp', refusal(error))));
  });
}
