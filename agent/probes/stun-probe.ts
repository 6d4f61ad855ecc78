import { randomBytes } from 'node:crypto';
import { describeError } from '../system/errors.ts';
import { decodeXorAddress } from './stun-address.ts';
import { verifyFingerprint } from './stun-integrity.ts';
import { Attribute, attributeOf, decodeStun, encodeStun, errorCodeOf, Method } from './stun-message.ts';
import type { Verdict } from './types.ts';
import { exchangeUdp, type Judgement } from './udp-exchange.ts';

export interface StunTarget {
  /** A textual IP address. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/**
 * Asks a STUN server over UDP what our address looks like (Binding, RFC 8489), retransmitting as the RFC says
 * within the time limit. Not for an SFU's media port: that drops a request without a known ufrag.
 */
export function probeStunBinding(target: StunTarget): Promise<Verdict> {
  const transactionId = randomBytes(12);
  const request = encodeStun(
    { class: 'request', method: Method.binding, transactionId, attributes: [] },
    { fingerprint: true },
  );
  return exchangeUdp({
    ...target,
    kind: 'stun',
    request,
    judge: (answer) => judgeBinding(answer, transactionId),
  });
}

/** What an answer says; null when it belongs to another transaction. */
export function judgeBinding(answer: Buffer, transactionId: Uint8Array): Judgement | null {
  try {
    const message = decodeStun(answer);
    if (!Buffer.from(transactionId).equals(message.transactionId)) return null;
    if (attributeOf(message, Attribute.fingerprint) !== null && !verifyFingerprint(answer)) {
      return { ok: false, detail: 'the answer is damaged: its fingerprint is wrong' };
    }
    if (message.class === 'error') {
      const error = errorCodeOf(message);
      return { ok: false, detail: `refused: ${error?.code ?? 'no code'} ${error?.reason ?? ''}`.trim() };
    }
    const mapped = attributeOf(message, Attribute.xorMappedAddress);
    if (message.class !== 'success' || mapped === null) {
      return { ok: false, detail: `a ${message.class} without a mapped address` };
    }
    const { address, port } = decodeXorAddress(mapped, transactionId);
    return { ok: true, detail: `Binding answered, seen as ${address} port ${port}` };
  } catch (error) {
    return { ok: false, detail: describeError(error) };
  }
}
