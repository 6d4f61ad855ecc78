import { randomBytes } from 'node:crypto';
import { shortTermKey, verifyIntegrity } from '../stun-integrity.ts';
import { Attribute, encodeStun, Method, textAttribute } from '../stun-message.ts';
import { judgeBinding } from '../stun-probe.ts';
import type { Judgement } from '../udp-exchange.ts';
import type { IceCredentials } from './session-description.ts';

/** Attributes of RFC 8445, section 16.1. */
const PRIORITY = 0x0024;
const ICE_CONTROLLED = 0x8029;
const ICE_CONTROLLING = 0x802a;

/** First byte of a STUN message, at most (RFC 7983). */
const LAST_OF_STUN = 3;

/** Of a peer-reflexive candidate of component 1 (RFC 8445, sections 5.1.2 and 7.1.1). */
const OUR_PRIORITY = 110 * 2 ** 24 + 65535 * 2 ** 8 + 255;

/** Both sides of an ICE session, as its prober needs them. */
export interface IceSession {
  readonly ours: IceCredentials;
  readonly theirs: IceCredentials;
  /** A peer that is lite is never controlling; else the one who offered is (RFC 8445, section 6.1.1). */
  readonly weControl: boolean;
}

/** A check that has been written, and how its answer is judged. */
export interface Check {
  readonly request: Buffer;
  /** Null when the datagram is no answer to this check. */
  judge(answer: Buffer): Judgement | null;
}

/** One connectivity check (RFC 8445, section 7.2.4): a Binding that only the holder of the offer can answer. */
export function connectivityCheck({ ours, theirs, weControl }: IceSession): Check {
  const transactionId = randomBytes(12);
  const key = shortTermKey(theirs.password);
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(OUR_PRIORITY);
  const request = encodeStun(
    {
      class: 'request',
      method: Method.binding,
      transactionId,
      attributes: [
        textAttribute(Attribute.username, `${theirs.ufrag}:${ours.ufrag}`),
        { type: PRIORITY, value: priority },
        { type: weControl ? ICE_CONTROLLING : ICE_CONTROLLED, value: randomBytes(8) },
      ],
    },
    { key, fingerprint: true },
  );
  return { request, judge: (answer) => judge(answer, transactionId, key) };
}

function judge(answer: Buffer, transactionId: Uint8Array, key: Uint8Array): Judgement | null {
  // DTLS and media come the same way (RFC 7983).
  if ((answer[0] ?? 255) > LAST_OF_STUN) return null;
  const judgement = judgeBinding(answer, transactionId);
  if (judgement === null || !judgement.ok || verifyIntegrity(answer, key)) return judgement;
  return { ok: false, detail: 'what answered does not know the password of the session: it is not the SFU' };
}
