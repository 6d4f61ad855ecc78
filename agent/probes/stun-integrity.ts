import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const MAGIC_COOKIE = 0x2112a442;
export const HEADER_BYTES = 20;
const MESSAGE_INTEGRITY = 0x0008;
const FINGERPRINT = 0x8028;
const INTEGRITY_BYTES = 24;
const FINGERPRINT_BYTES = 8;

/** Key of a short-term credential (RFC 8489, section 9.1.1). `password` must be prepared (OpaqueString) already. */
export function shortTermKey(password: string): Buffer {
  return Buffer.from(password, 'utf8');
}

/** Key of a long-term credential, MD5 form (RFC 8489, section 9.2.2). The texts must be prepared already. */
export function longTermKey(username: string, realm: string, password: string): Buffer {
  return createHash('md5').update(`${username}:${realm}:${password}`, 'utf8').digest();
}

/** The message with MESSAGE-INTEGRITY appended (section 14.5). */
export function appendIntegrity(message: Buffer, key: Uint8Array): Buffer {
  const mac = integrity(message, message.length, key);
  return withLength(Buffer.concat([message, attributeHeader(MESSAGE_INTEGRITY, mac.length), mac]));
}

/** The message with FINGERPRINT appended (section 14.7): nothing may follow it. */
export function appendFingerprint(message: Buffer): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(fingerprint(message, message.length));
  return withLength(Buffer.concat([message, attributeHeader(FINGERPRINT, value.length), value]));
}

/** True when the message carries a MESSAGE-INTEGRITY made with this key. */
export function verifyIntegrity(message: Buffer, key: Uint8Array): boolean {
  const offset = offsetOf(message, MESSAGE_INTEGRITY, INTEGRITY_BYTES);
  if (offset === null) return false;
  const claimed = message.subarray(offset + 4, offset + INTEGRITY_BYTES);
  return timingSafeEqual(claimed, integrity(message, offset, key));
}

/** True when the message ends in the FINGERPRINT of what precedes it. */
export function verifyFingerprint(message: Buffer): boolean {
  const offset = offsetOf(message, FINGERPRINT, FINGERPRINT_BYTES);
  if (offset === null || offset + FINGERPRINT_BYTES !== message.length) return false;
  return message.readUInt32BE(offset + 4) === fingerprint(message, offset);
}

/** The length in the header counts up to the end of the attribute itself, not what follows it. */
function integrity(message: Buffer, offset: number, key: Uint8Array): Buffer {
  const covered = Buffer.from(message.subarray(0, offset));
  covered.writeUInt16BE(offset + INTEGRITY_BYTES - HEADER_BYTES, 2);
  return createHmac('sha1', key).update(covered).digest();
}

function fingerprint(message: Buffer, offset: number): number {
  const covered = Buffer.from(message.subarray(0, offset));
  covered.writeUInt16BE(offset + FINGERPRINT_BYTES - HEADER_BYTES, 2);
  return (crc32(covered) ^ 0x5354554e) >>> 0;
}

function attributeHeader(type: number, length: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(length, 2);
  return header;
}

function withLength(message: Buffer): Buffer {
  message.writeUInt16BE(message.length - HEADER_BYTES, 2);
  return message;
}

/** Where the first attribute of a type begins; null when there is none, or it has another size (header included). */
function offsetOf(message: Buffer, type: number, size: number): number | null {
  let offset = HEADER_BYTES;
  while (offset + 4 <= message.length) {
    const length = message.readUInt16BE(offset + 2);
    if (message.readUInt16BE(offset) === type) {
      return length + 4 === size && offset + size <= message.length ? offset : null;
    }
    offset += 4 + Math.ceil(length / 4) * 4;
  }
  return null;
}
