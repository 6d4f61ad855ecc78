import { AgentError } from '../system/errors.ts';
import type { OpenPath, PathEvents } from './datagram-path.ts';
import { decodeXorAddress, encodeXorAddress, type TransportAddress } from './stun-address.ts';
import { type Attributes, converse, refusalIn, type StunConversation } from './stun-conversation.ts';
import { longTermKey } from './stun-integrity.ts';
import { Attribute, attributeOf, Method, type StunMessage, textAttribute } from './stun-message.ts';
import type { TurnCredential } from './turn-credential.ts';

/** A port of a TURN server that is ours for a while (RFC 8656). */
export interface Allocation {
  /** Where peers send to, and what they see as the source. */
  readonly relayed: TransportAddress;
  /** Lets a peer's address send to us, and us to it. Error: TURN_REFUSED. */
  permit(peer: string): Promise<void>;
  /** A path through the relay to a peer that is permitted. Closing it keeps the allocation. */
  pathTo(peer: TransportAddress): OpenPath;
  /** Gives the port back at once, and closes the way to the server. */
  free(): Promise<void>;
}

export interface AllocateOptions {
  /** How the server is reached: over UDP, or over TCP with `stunFraming`. */
  readonly server: OpenPath;
  readonly credential: TurnCredential;
  /** For each request. */
  readonly timeoutMs: number;
}

/** A relay of UDP; the others are of RFC 6062. */
const TRANSPORT_UDP = { type: Attribute.requestedTransport, value: Buffer.from([17, 0, 0, 0]) };
const NO_LIFETIME = { type: Attribute.lifetime, value: Buffer.alloc(4) };

/**
 * Asks for an allocation with a long-term credential: once without it, to be told realm and nonce, then with it
 * (RFC 8656 section 7, RFC 8489 section 9.2). Errors: TURN_REFUSED with the server's code, STUN_SILENT.
 */
export async function allocate({ server, credential, timeoutMs }: AllocateOptions): Promise<Allocation> {
  const conversation = await converse(server, timeoutMs);
  try {
    const challenge = await conversation.request(Method.allocate, () => [TRANSPORT_UDP], null);
    const ask = authenticated(conversation, challenge, credential);
    const allocated = await ask(Method.allocate, () => [TRANSPORT_UDP]);
    return {
      relayed: addressIn(allocated, Attribute.xorRelayedAddress),
      async permit(peer) {
        await ask(Method.createPermission, peerAddress({ address: peer, port: 0 }));
      },
      pathTo: (peer) => (events) => throughRelay(conversation, peer, events),
      async free() {
        try {
          await ask(Method.refresh, () => [NO_LIFETIME]);
        } finally {
          conversation.close();
        }
      },
    };
  } catch (error) {
    conversation.close();
    throw error;
  }
}

/** Requests with the credential, as the server's challenge wants them; an error answer is thrown. */
function authenticated(conversation: StunConversation, challenge: StunMessage, credential: TurnCredential) {
  const realm = attributeOf(challenge, Attribute.realm);
  const nonce = attributeOf(challenge, Attribute.nonce);
  if (realm === null || nonce === null) {
    throw refused(Method.allocate, refusalIn(challenge) ?? 'it asks for no credential');
  }
  const { username, password } = credential;
  const key = longTermKey(username, realm.toString(), password);
  const identity = [
    textAttribute(Attribute.username, username),
    { type: Attribute.realm, value: realm },
    { type: Attribute.nonce, value: nonce },
  ];
  return async (method: number, attributes: Attributes): Promise<StunMessage> => {
    const answer = await conversation.request(method, (id) => [...attributes(id), ...identity], key);
    const refusal = refusalIn(answer);
    if (refusal !== null) throw refused(method, refusal);
    return answer;
  };
}

/** Send and Data indications (RFC 8656, section 11): no channel is worth its set-up for a few datagrams. */
function throughRelay(conversation: StunConversation, peer: TransportAddress, events: PathEvents) {
  const listening = conversation.onIndication((message) => {
    const data = attributeOf(message, Attribute.data);
    if (message.method !== Method.data || data === null) return;
    const from = addressIn(message, Attribute.xorPeerAddress);
    if (from.address === peer.address && from.port === peer.port) events.onDatagram(data);
  });
  queueMicrotask(() => events.onReady());
  return {
    send: (datagram: Uint8Array) =>
      conversation.indicate(Method.send, (id) => [
        ...peerAddress(peer)(id),
        { type: Attribute.data, value: datagram },
      ]),
    close: listening.undo,
  };
}

const peerAddress =
  (peer: TransportAddress): Attributes =>
  (id) => [{ type: Attribute.xorPeerAddress, value: encodeXorAddress(peer, id) }];

function addressIn(message: StunMessage, type: number): TransportAddress {
  const value = attributeOf(message, type);
  if (value === null) throw refused(message.method, 'its answer has no address');
  return decodeXorAddress(value, message.transactionId);
}

const NAMES = new Map(Object.entries(Method).map(([name, method]): [number, string] => [method, name]));

function refused(method: number, why: string): AgentError {
  return new AgentError({
    code: 'TURN_REFUSED',
    message: `the TURN server refused (${NAMES.get(method) ?? method}): ${why}`,
    hint: 'Look at what coturn says: agentctl logs coturn.',
  });
}
