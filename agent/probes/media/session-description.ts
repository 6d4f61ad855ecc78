import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { parse, write } from 'sdp-transform';
import type { TransportAddress } from '../stun-address.ts';

/** Username fragment and password of one side of an ICE session (RFC 8445, section 5.3). */
export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

/** A candidate as its peer announced it (RFC 8839, section 5.1). */
export interface Candidate extends TransportAddress {
  readonly protocol: 'udp' | 'tcp';
  /** `host`, `srflx`, `relay`. */
  readonly type: string;
}

/** What an offer says of its maker's side of ICE. */
export interface Offer {
  readonly credentials: IceCredentials;
  /** Whether its maker only answers checks (RFC 8445, section 2.5). */
  readonly lite: boolean;
  readonly candidates: readonly Candidate[];
}

/** The ICE part of an offer; null when it has no ICE credentials. */
export function readOffer(sdp: string): Offer | null {
  const session = parse(sdp);
  const media = session.media[0];
  const ufrag = media?.iceUfrag ?? session.iceUfrag;
  const password = media?.icePwd ?? session.icePwd;
  if (ufrag === undefined || password === undefined) return null;
  return {
    credentials: { ufrag: String(ufrag), password },
    lite: session.icelite !== undefined,
    candidates: (media?.candidates ?? []).flatMap(({ transport, ip, port, type }) =>
      candidateOf({ transport, address: ip, port, type }),
    ),
  };
}

/**
 * A candidate of a trickled `candidate:…` line (RFC 8839, section 5.1); none when the line is empty, which ends the
 * candidates, or names no address.
 */
export function readCandidate(line: string): readonly Candidate[] {
  const words = line.replace(/^(a=)?candidate:/, '').split(' ');
  const [, , transport = '', , address = '', port = '', , type = ''] = words;
  return candidateOf({ transport, address, port: Number(port), type });
}

function candidateOf(line: { transport: string; address: string; port: number; type: string }): Candidate[] {
  const protocol = line.transport.toLowerCase();
  if ((protocol !== 'udp' && protocol !== 'tcp') || isIP(line.address) === 0) return [];
  return [{ protocol, address: line.address, port: line.port, type: line.type }];
}

export function makeCredentials(): IceCredentials {
  return { ufrag: randomBytes(6).toString('base64url'), password: randomBytes(24).toString('base64url') };
}

/**
 * An answer that takes everything of the offer, with our side of ICE and no candidate: the peer learns our address
 * from our checks (RFC 8445, section 7.3.1.3). Its certificate is a made-up one: no DTLS handshake will follow.
 */
export function writeAnswer(offer: string, ours: IceCredentials): string {
  const session = parse(offer);
  const hash = randomBytes(32).toString('hex').toUpperCase().match(/../g)?.join(':') ?? '';
  const { icelite: _, ...rest } = session;
  return write({
    ...rest,
    media: session.media.map(({ candidates, endOfCandidates, ...media }) => ({
      ...media,
      setup: 'active',
      iceUfrag: ours.ufrag,
      icePwd: ours.password,
      fingerprint: { type: 'sha-256', hash },
    })),
  });
}
