import { randomBytes } from 'node:crypto';
import { AgentError } from '../system/errors.ts';
import type { DatagramPath, OpenPath } from './datagram-path.ts';
import { decodeStun, encodeStun, errorCodeOf, type StunAttribute, type StunMessage } from './stun-message.ts';
import { retransmissionTimes } from './udp-exchange.ts';

/** Attributes of a message: an IPv6 address in one depends on its transaction. */
export type Attributes = (transactionId: Uint8Array) => readonly StunAttribute[];

/** Requests to one STUN server, with their answers. */
export interface StunConversation {
  /**
   * The answer to a request, a success or an error; sent again as RFC 8489 says while none comes. Error: STUN_SILENT.
   */
  request(method: number, attributes: Attributes, key: Uint8Array | null): Promise<StunMessage>;
  indicate(method: number, attributes: Attributes): void;
  /** Is told of every indication of the server, until `undo`. */
  onIndication(listener: (message: StunMessage) => void): { undo(): void };
  close(): void;
}

/** Opens the way to a STUN server; `timeoutMs` bounds that, and each request. Error: STUN_SILENT. */
export async function converse(open: OpenPath, timeoutMs: number): Promise<StunConversation> {
  const waiting = new Map<string, (outcome: StunMessage | AgentError) => void>();
  const listeners = new Set<(message: StunMessage) => void>();
  let failure: AgentError | null = null;
  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();

  const fail = (reason: string) => {
    failure = silent(reason);
    isReady();
    for (const answered of [...waiting.values()]) answered(failure);
  };
  const path: DatagramPath = open({
    onReady: isReady,
    onFailure: fail,
    onDatagram(datagram) {
      const message = read(datagram);
      if (message === null) return;
      if (message.class === 'indication') for (const listener of listeners) listener(message);
      else if (message.class !== 'request') waiting.get(keyOf(message.transactionId))?.(message);
    },
  });
  const limit = setTimeout(() => fail(`no connection within ${timeoutMs} ms`), timeoutMs);
  await ready;
  clearTimeout(limit);
  if (failure !== null) {
    path.close();
    throw failure;
  }

  return {
    request(method, attributes, key) {
      if (failure !== null) return Promise.reject(failure);
      const transactionId = randomBytes(12);
      const request = encodeStun(
        { class: 'request', method, transactionId, attributes: attributes(transactionId) },
        key === null ? {} : { key },
      );
      return new Promise((resolve, reject) => {
        const timers = retransmissionTimes(timeoutMs).map((wait) =>
          setTimeout(() => path.send(request), wait),
        );
        const conclude = (outcome: StunMessage | AgentError) => {
          for (const timer of timers) clearTimeout(timer);
          waiting.delete(keyOf(transactionId));
          if (outcome instanceof AgentError) reject(outcome);
          else resolve(outcome);
        };
        timers.push(setTimeout(() => conclude(silent(`no answer within ${timeoutMs} ms`)), timeoutMs));
        waiting.set(keyOf(transactionId), conclude);
        path.send(request);
      });
    },
    indicate(method, attributes) {
      const transactionId = randomBytes(12);
      path.send(
        encodeStun({ class: 'indication', method, transactionId, attributes: attributes(transactionId) }),
      );
    },
    onIndication(listener) {
      listeners.add(listener);
      return { undo: () => void listeners.delete(listener) };
    },
    close: () => path.close(),
  };
}

/** The code and reason of an error answer, for people; null for a success. */
export function refusalIn(message: StunMessage): string | null {
  if (message.class !== 'error') return null;
  const { code, reason } = errorCodeOf(message) ?? { code: 'without a code', reason: '' };
  return `${code} ${reason}`.trim();
}

const keyOf = (transactionId: Uint8Array) => Buffer.from(transactionId).toString('hex');

/** Null for what is no STUN message: it belongs to nobody here. */
function read(datagram: Buffer): StunMessage | null {
  try {
    return decodeStun(datagram);
  } catch (error) {
    if (error instanceof AgentError && error.code === 'STUN_MALFORMED') return null;
    throw error;
  }
}

function silent(what: string): AgentError {
  return new AgentError({
    code: 'STUN_SILENT',
    message: `the STUN server does not answer: ${what}`,
    hint: 'Look whether coturn runs, and what it says: agentctl status, agentctl logs coturn.',
  });
}
