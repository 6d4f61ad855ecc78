import type { MediaReport } from '../../probes/media/media-probe.ts';
import type { TransportAddress } from '../../probes/stun-address.ts';
import type { TurnCredential } from '../../probes/turn-credential.ts';
import type { HttpsAnswer, HttpsQuestion } from './https-request.ts';

/** What the chain of trust of this appliance is made of. */
export interface Chain {
  readonly domains: { readonly rtc: string; readonly matrix: string; readonly serverName: string };
  /** Address of the container of Traefik. */
  readonly traefik: string;
  /** An address of this machine that is in the VPN; null when it has none, and nothing can be asked as a member. */
  readonly vpnAddress: string | null;
  /** PEM of the private authority, when certificates are of one. */
  readonly authority: string | null;
  /** The relay, as this machine reaches it. */
  readonly relay: TransportAddress;
  /** Addresses that the SFU announces. */
  readonly mediaAddresses: readonly string[];
  /** An address inside the stack, which no relay may reach. */
  readonly bridgeAddress: string;
}

/** What is asked of the world. Each is bounded in time. */
export interface ChainPorts {
  readonly ask: (question: HttpsQuestion) => Promise<HttpsAnswer>;
  /** The same, from inside the container of lk-jwt-service. */
  readonly askAsLkJwt: (question: HttpsQuestion) => Promise<HttpsAnswer>;
  /** Packets of lk-jwt-service that were refused so far. */
  readonly egressRefused: () => Promise<number>;
  readonly credential: () => TurnCredential;
  readonly media: () => Promise<MediaReport>;
  /** Whether a TCP connection is accepted. */
  readonly accepts: (at: TransportAddress) => Promise<boolean>;
}
