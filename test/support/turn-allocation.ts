// An allocation on coturn that only listens: `turn-allocation.ts JSON`, run in the client's network namespace. Prints
// `relayed ADDRESS PORT`, then `from ADDRESS PORT` for each peer whose data the relay passes on (RFC 8656).
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { decodeXorAddress, encodeXorAddress } from '../../agent/probes/stun-address.ts';
import { longTermKey } from '../../agent/probes/stun-integrity.ts';
import {
  Attribute,
  attributeOf,
  decodeStun,
  encodeStun,
  type StunAttribute,
  type StunMessage,
  textAttribute,
} from '../../agent/probes/stun-message.ts';
import type { TurnCredential } from '../../agent/probes/turn-credential.ts';

export interface AllocationOptions extends TurnCredential {
  readonly server: string;
  /** Address that may send to the relay. */
  readonly peer: string;
}

const METHOD = { allocate: 0x003, data: 0x007, createPermission: 0x008 };
const XOR_PEER_ADDRESS = 0x0012;
const XOR_RELAYED_ADDRESS = 0x0016;
const REQUESTED_TRANSPORT = { type: 0x0019, value: Buffer.from([17, 0, 0, 0]) };

const { server, peer, username, password }: AllocationOptions = JSON.parse(process.argv[2] ?? '');
const socket = createSocket('udp4');

function ask(method: number, attributes: readonly StunAttribute[], key?: Uint8Array): Promise<StunMessage> {
  const transactionId = randomBytes(12);
  const request = encodeStun({ class: 'request', method, transactionId, attributes }, key ? { key } : {});
  return new Promise((resolve) => {
    socket.on('message', (bytes) => {
      const answer = decodeStun(bytes);
      if (Buffer.compare(answer.transactionId, transactionId) === 0) resolve(answer);
    });
    socket.send(request, 3478, server);
  });
}

function addressIn(message: StunMessage, type: number): string {
  const value = attributeOf(message, type);
  if (value === null) throw new Error(`no attribute ${type} in ${JSON.stringify(message)}`);
  const { address, port } = decodeXorAddress(value, message.transactionId);
  return `${address} ${port}`;
}

const challenge = await ask(METHOD.allocate, [REQUESTED_TRANSPORT]);
const realm = attributeOf(challenge, Attribute.realm)?.toString() ?? '';
const nonce = attributeOf(challenge, Attribute.nonce)?.toString() ?? '';
const identity = [
  textAttribute(Attribute.username, username),
  textAttribute(Attribute.realm, realm),
  textAttribute(Attribute.nonce, nonce),
];
const key = longTermKey(username, realm, password);
const allocated = await ask(METHOD.allocate, [REQUESTED_TRANSPORT, ...identity], key);
// The port of a permission means nothing; the mask of an IPv4 address does not depend on the transaction.
const permitted = encodeXorAddress({ address: peer, port: 9 }, Buffer.alloc(12));
const permission = await ask(
  METHOD.createPermission,
  [{ type: XOR_PEER_ADDRESS, value: permitted }, ...identity],
  key,
);
if (permission.class !== 'success') throw new Error(`no permission: ${JSON.stringify(permission)}`);
socket.on('message', (bytes) => {
  const message = decodeStun(bytes);
  if (message.method === METHOD.data) console.log(`from ${addressIn(message, XOR_PEER_ADDRESS)}`);
});
console.log(`relayed ${addressIn(allocated, XOR_RELAYED_ADDRESS)}`);
