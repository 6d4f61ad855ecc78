import { createHmac } from 'node:crypto';

export interface TurnCredential {
  readonly username: string;
  readonly password: string;
}

/**
 * A time-limited TURN credential as coturn's `use-auth-secret` checks it (draft-uberti-behave-turn-rest-00,
 * section 2.2): the username is `<expiry>:<name>`, the password its HMAC-SHA1 in base64.
 * `expiresAt` is in seconds since the epoch, of the server's wall clock.
 */
export function turnCredential(secret: string, name: string, expiresAt: number): TurnCredential {
  const username = `${Math.floor(expiresAt)}:${name}`;
  return { username, password: createHmac('sha1', secret).update(username).digest('base64') };
}
