import { randomBytes } from 'node:crypto';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';

/** A LiveKit server as the appliance reaches it, and one of its API keys. */
export interface LivekitAccess {
  /** An IP address: the probe must not depend on a resolver. */
  readonly host: string;
  /** Of its HTTP API and signalling. */
  readonly port: number;
  readonly key: string;
  readonly secret: string;
}

/** A room that exists for one probe. */
export interface ProbeRoom {
  /** For a participant that nobody sees, that sends nothing and is sent nothing but data channels. */
  readonly token: string;
  remove(): Promise<void>;
}

/** The room is gone after this even if it is never removed. */
const EMPTY_SECONDS = 10;
const REQUEST_SECONDS = 3;
const TOKEN_SECONDS = 60;

/**
 * Makes a room with a name that nobody can guess, as lk-jwt-service does for a call: `room.auto_create` is false.
 * Errors: the server's, as the SDK tells them.
 */
export async function makeProbeRoom({ host, port, key, secret }: LivekitAccess): Promise<ProbeRoom> {
  const name = `appliance-probe-${randomBytes(12).toString('hex')}`;
  const rooms = new RoomServiceClient(`http://${inUrl(host)}:${port}`, key, secret, {
    requestTimeout: REQUEST_SECONDS,
  });
  await rooms.createRoom({ name, emptyTimeout: EMPTY_SECONDS, departureTimeout: 1, maxParticipants: 1 });
  const token = new AccessToken(key, secret, { identity: name, ttl: TOKEN_SECONDS });
  token.addGrant({
    room: name,
    roomJoin: true,
    hidden: true,
    canPublish: false,
    canPublishData: false,
    canSubscribe: true,
  });
  return { token: await token.toJwt(), remove: () => rooms.deleteRoom(name) };
}

/** An address as the host of a URL. */
export const inUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);
