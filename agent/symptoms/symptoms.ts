import { isIPv4 } from 'node:net';
import { COTURN } from '../stack/coturn.ts';
import { LIVEKIT, LK_JWT, TRAEFIK } from '../stack/element-call/names.ts';

/** Names and addresses of this appliance, to tell its own trouble from what anybody can provoke. */
export interface Ours {
  /** Of the homeserver; null with a stack that has none. */
  readonly serverName: string | null;
  /** By which the world reaches this machine. */
  readonly addresses: readonly string[];
  /** Of the SFU's container; null while it has none. */
  readonly sfu: string | null;
}

/** A failure that is known by what a service says of it. */
export interface Symptom {
  readonly code: string;
  readonly service: string;
  readonly words: RegExp;
  /** Fewer within half an hour are no news; absent: one is. */
  readonly fromTimes?: number;
  /**
   * What is told of such a line; null when it is not our trouble. The status, in which this stands, is for everybody:
   * nothing of the line gets into it but what is picked here. lk-jwt-service, for one, writes tokens of users.
   */
  readonly tell: (match: RegExpExecArray, ours: Ours) => string | null;
}

export const SYMPTOMS: readonly Symptom[] = [
  {
    // lk-jwt-service a375b13, helper.go, exchangeOpenIdUserInfo; the URL in it is Go's (net/url, Error). A caller may
    // name any server: only the failure to ask our own one is ours.
    code: 'TOKEN_CHECK_FAILS',
    service: LK_JWT,
    words: /OpenIDUserInfo: Failed to look up user info err=Get "matrix:\/\/([^/"]+)\/[^"]*": (.*)$/,
    tell: ([, server, error = ''], { serverName }) =>
      server === serverName ? `asking ${serverName} whose token it is: ${causeIn(error)}` : null,
  },
  {
    // The same, when something answered (gomatrixserverlib, fclient/client.go, LookupUserInfo). 401 is the verdict
    // on a bad token, and a 404 anybody gets who names domains.rtc as a homeserver.
    code: 'TOKEN_CHECK_FAILS',
    service: LK_JWT,
    words: /OpenIDUserInfo: Failed to look up user info err=HTTP (403|5\d\d) : /,
    tell: ([, status]) => `the homeserver, or Traefik before it, answered HTTP ${status}`,
  },
  {
    // lk-jwt-service a375b13, helper.go, CreateLiveKitRoom. Only users of this homeserver get so far.
    code: 'ROOM_NOT_MADE',
    service: LK_JWT,
    words: /CreateLiveKitRoom: Error creating room .* err=(.*)$/,
    tell: ([, error = '']) => causeIn(error),
  },
  {
    // mediatransportutil a3417d38, pkg/rtcconfig/ip.go, determineIP; LiveKit ends with it.
    code: 'SFU_NO_EXTERNAL_IP',
    service: LIVEKIT,
    words: /could not resolve external IP/,
    tell: () => 'LiveKit asks the internet for its own address, and nobody answers',
  },
  {
    // LiveKit 1.13.5, pkg/rtc/room.go, RemoveParticipant; the reasons are those that no client asks for. Our own probe
    // never connects.
    code: 'MEDIA_NEVER_CAME',
    service: LIVEKIT,
    words:
      /"removing participant without connection","room":"(?!appliance-probe-).*"reason":"(SIGNAL_SOURCE_CLOSE|JOIN_TIMEOUT|PEER_CONNECTION_DISCONNECTED)"/,
    fromTimes: 3,
    tell: ([, reason = '']) => `participants had signalling and never media (${reason})`,
  },
  {
    // coturn 4.6.1 and 4.17.1, src/server/ns_turn_server.c, good_peer_addr. That others are refused is what it is for;
    // of our IPv6 addresses none is a peer of a relay that has IPv4 alone.
    code: 'RELAY_REFUSES_SFU',
    service: COTURN,
    words: /A peer IP (\S+) denied in the range/,
    tell: ([, peer = ''], { addresses, sfu }) => {
      if (peer === sfu) return `clients ask the relay for ${peer}, the address of LiveKit's container`;
      return isIPv4(peer) && addresses.includes(peer)
        ? `the relay refuses ${peer}, an address of this machine`
        : null;
    },
  },
  {
    // Traefik 3.7.9, pkg/provider/acme/provider.go, resolveDomains and renewCertificates.
    code: 'CERTIFICATE_NOT_ISSUED',
    service: TRAEFIK,
    words: /"error":"(.*)","\w.*"message":"(?:Unable to obtain|Error renewing) ACME certificate/,
    tell: ([, error = '']) => causeIn(error),
  },
];

/** Go's words for why a connection failed, those of certificates, of Twirp, and of ACME's errors (RFC 8555, 6.7). */
const CAUSES =
  /x509: certificate (?:signed by unknown authority|has expired or is not yet valid|is not valid for any names|is valid for [\w.*:, -]{1,100}(?=, not ))|urn:ietf:params:acme:error:\w{1,40}|connection refused|connection reset by peer|no such host|no route to host|network is unreachable|i\/o timeout|TLS handshake timeout|context deadline exceeded|server misbehaving|HTTP status code \d{3}|twirp error \w{1,40}/g;

/** The innermost cause of an error, which in Go stands last, in words that hold no secret. */
function causeIn(error: string): string {
  return error.match(CAUSES)?.at(-1) ?? 'the cause stands in its log';
}
