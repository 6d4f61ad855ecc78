import { AgentError } from '../system/errors.ts';
import { appendFingerprint, appendIntegrity, HEADER_BYTES, MAGIC_COOKIE } from './stun-integrity.ts';

/** STUN messages (RFC 8489): the header and the attributes as they are on the wire. */
export interface StunMessage {
  readonly class: StunClass;
  /** 12 bits; `Method.binding` is 1. */
  readonly method: number;
  /** 12 bytes. */
  readonly transactionId: Uint8Array;
  readonly attributes: readonly StunAttribute[];
}

export type StunClass = 'request' | 'indication' | 'success' | 'error';

export interface StunAttribute {
  readonly type: number;
  /** Without padding. */
  readonly value: Uint8Array;
}

/** Methods of RFC 8489 and of TURN (RFC 8656, section 17). */
export const Method = {
  binding: 0x001,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
} as const;

/** Attribute types of RFC 8489 (section 18.3) and of TURN (RFC 8656, section 18). */
export const Attribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
  software: 0x8022,
  fingerprint: 0x8028,
} as const;

/** In the order of the two class bits (RFC 8489, section 5). */
const CLASSES = ['request', 'indication', 'success', 'error'] as const;

export interface EncodeOptions {
  /** Key of a MESSAGE-INTEGRITY to append; see `shortTermKey` and `longTermKey`. */
  readonly key?: Uint8Array;
  /** Whether to append a FINGERPRINT. */
  readonly fingerprint?: boolean;
}

/** A message as bytes, with MESSAGE-INTEGRITY and FINGERPRINT appended when asked for. */
export function encodeStun(message: StunMessage, options: EncodeOptions = {}): Buffer {
  const body = Buffer.concat(message.attributes.map(encodeAttribute));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(messageType(message.class, message.method), 0);
  header.writeUInt16BE(body.length, 2);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  header.set(message.transactionId, 8);
  const plain: Buffer = Buffer.concat([header, body]);
  const bytes = options.key === undefined ? plain : appendIntegrity(plain, options.key);
  return options.fingerprint === true ? appendFingerprint(bytes) : bytes;
}

/** The message in these bytes. Error: STUN_MALFORMED. Check what it claims with `verifyIntegrity` and `verifyFingerprint`. */
export function decodeStun(bytes: Buffer): StunMessage {
  if (bytes.length < HEADER_BYTES) throw malformed(`${bytes.length} bytes are less than a header`);
  const type = bytes.readUInt16BE(0);
  if (type >= 0x4000) throw malformed('the two most significant bits are not zero');
  if (bytes.readUInt32BE(4) !== MAGIC_COOKIE) throw malformed('the magic cookie is missing');
  const length = bytes.readUInt16BE(2);
  if (length % 4 !== 0 || HEADER_BYTES + length !== bytes.length) {
    throw malformed(`the header announces ${length} bytes, ${bytes.length - HEADER_BYTES} follow`);
  }
  return {
    class: CLASSES[((type >> 7) & 0b10) | ((type >> 4) & 0b01)] ?? 'request',
    method: (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2),
    transactionId: bytes.subarray(8, HEADER_BYTES),
    attributes: decodeAttributes(bytes),
  };
}

/** The first attribute of a type, as RFC 8489 (section 14) rules for repeated ones; null when there is none. */
export function attributeOf(message: StunMessage, type: number): Buffer | null {
  const found = message.attributes.find((attribute) => attribute.type === type);
  return found === undefined ? null : Buffer.from(found.value);
}

/** An attribute of text: USERNAME, REALM, NONCE, SOFTWARE. */
export function textAttribute(type: number, text: string): StunAttribute {
  return { type, value: Buffer.from(text, 'utf8') };
}

/** ERROR-CODE (section 14.8), null when there is none or it is cut off. */
export function errorCodeOf(message: StunMessage): { readonly code: number; readonly reason: string } | null {
  const value = attributeOf(message, Attribute.errorCode);
  if (value === null || value.length < 4) return null;
  const code = ((value[2] ?? 0) & 0b111) * 100 + (value[3] ?? 0);
  return { code, reason: value.subarray(4).toString('utf8') };
}

/** An ERROR-CODE attribute; `code` is 300 to 699. */
export function errorCodeAttribute(code: number, reason: string): StunAttribute {
  const head = Buffer.from([0, 0, Math.floor(code / 100), code % 100]);
  return { type: Attribute.errorCode, value: Buffer.concat([head, Buffer.from(reason, 'utf8')]) };
}

/** The method's and the class's bits are interleaved (section 5, figure 3). */
function messageType(messageClass: StunClass, method: number): number {
  const bits = CLASSES.indexOf(messageClass);
  return (
    (method & 0x000f) |
    ((method & 0x0070) << 1) |
    ((method & 0x0f80) << 2) |
    ((bits & 0b01) << 4) |
    ((bits & 0b10) << 7)
  );
}

function encodeAttribute({ type, value }: StunAttribute): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  bytes.set(value, 4);
  return bytes;
}

function decodeAttributes(bytes: Buffer): StunAttribute[] {
  const attributes: StunAttribute[] = [];
  let offset = HEADER_BYTES;
  while (offset < bytes.length) {
    const length = bytes.readUInt16BE(offset + 2);
    const end = offset + 4 + length;
    if (end > bytes.length) throw malformed(`an attribute of ${length} bytes runs past the end`);
    attributes.push({ type: bytes.readUInt16BE(offset), value: bytes.subarray(offset + 4, end) });
    offset = offset + 4 + Math.ceil(length / 4) * 4;
  }
  return attributes;
}

function malformed(what: string): AgentError {
  return new AgentError({
    code: 'STUN_MALFORMED',
    message: `not a STUN message: ${what}`,
    hint: 'Something other than a STUN server answers on this port.',
  });
}
