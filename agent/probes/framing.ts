import { HEADER_BYTES } from './stun-integrity.ts';

/** How datagrams are told apart in a stream of bytes. */
export interface Framing {
  frame(datagram: Uint8Array): Uint8Array;
  /** Bytes from the start of `received` to the end of its first datagram's frame; null while that cannot be told. */
  frameBytes(received: Buffer): number | null;
  unframe(frame: Buffer): Buffer;
}

const LENGTH_BYTES = 2;

/** Each datagram has its length in 16 bits before it (RFC 4571, section 2), as ICE over TCP does it (RFC 6544). */
export const lengthFraming: Framing = {
  frame(datagram) {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(datagram.length);
    return Buffer.concat([length, datagram]);
  },
  frameBytes: (received) => (received.length < LENGTH_BYTES ? null : LENGTH_BYTES + received.readUInt16BE()),
  unframe: (frame) => frame.subarray(LENGTH_BYTES),
};

/** STUN messages tell their own length (RFC 8489, section 6.2.2), which a TURN server over TCP relies on. */
export const stunFraming: Framing = {
  frame: (datagram) => datagram,
  frameBytes: (received) => (received.length < HEADER_BYTES ? null : HEADER_BYTES + received.readUInt16BE(2)),
  unframe: (frame) => frame,
};

/** The whole datagrams in what has been received so far, and the bytes of one that has not arrived whole. */
export function datagramsIn(
  received: Buffer,
  { frameBytes, unframe }: Framing,
): { readonly datagrams: readonly Buffer[]; readonly rest: Buffer } {
  const datagrams: Buffer[] = [];
  let rest = received;
  for (let end = frameBytes(rest); end !== null && end <= rest.length; end = frameBytes(rest)) {
    datagrams.push(unframe(rest.subarray(0, end)));
    rest = rest.subarray(end);
  }
  return { datagrams, rest };
}
