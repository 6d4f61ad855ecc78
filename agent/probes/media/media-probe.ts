import { describeError } from '../../system/errors.ts';
import { type OpenPath, tcpPath, udpPath } from '../datagram-path.ts';
import { lengthFraming } from '../framing.ts';
import type { TransportAddress } from '../stun-address.ts';
import { allocate } from '../turn-allocation.ts';
import { checkPath, type PathVerdict } from './check-path.ts';
import type { IceSession } from './connectivity-check.ts';
import { type LivekitAccess, makeProbeRoom } from './livekit-room.ts';
import type { Candidate } from './session-description.ts';
import { type IceServer, type Joined, join } from './signalling.ts';

/** The three ways in which media can reach the SFU, in the order in which clients prefer them. */
export const MEDIA_PATHS = ['udp', 'tcp', 'relay'] as const;
export type MediaPath = (typeof MEDIA_PATHS)[number];

export interface MediaProbeTarget {
  readonly sfu: LivekitAccess;
  /** The relay, as the appliance itself reaches it: its name may mean nothing here. */
  readonly relay: TransportAddress;
}

/** What a participant of a room of its own saw. */
export interface MediaReport {
  readonly serverVersion: string;
  /** Until the SFU had told its candidates. */
  readonly signallingMs: number;
  /** URLs of the ICE servers that the SFU tells its clients to use. */
  readonly iceServers: readonly string[];
  readonly candidates: readonly Candidate[];
  readonly paths: Readonly<Record<MediaPath, PathVerdict>>;
}

const SIGNALLING_MS = 5_000;
const PATH_MS = 4_000;
const RELAY_REQUEST_MS = 2_000;

/**
 * Joins a room of its own on the SFU as a hidden participant and completes ICE checks over UDP, over TCP and through the
 * relay: what a client would do, up to DTLS. Removes the room. Takes 20 s at most. Errors: SFU_SIGNALLING, and the
 * SFU's own when it makes no room.
 */
export async function probeMedia({ sfu, relay }: MediaProbeTarget): Promise<MediaReport> {
  const begun = performance.now();
  const room = await makeProbeRoom(sfu);
  try {
    const joined = await join({ host: sfu.host, port: sfu.port, token: room.token }, SIGNALLING_MS);
    const signallingMs = Math.round(performance.now() - begun);
    try {
      return {
        serverVersion: joined.serverVersion,
        signallingMs,
        iceServers: joined.iceServers.flatMap(({ urls }) => urls),
        candidates: joined.candidates,
        paths: await checkPaths(joined, relay),
      };
    } finally {
      joined.leave();
    }
  } finally {
    await room.remove();
  }
}

async function checkPaths(joined: Joined, relay: TransportAddress): Promise<MediaReport['paths']> {
  const { ours, offer, candidates, iceServers } = joined;
  const session: IceSession = { ours, theirs: offer.credentials, weControl: offer.lite };
  const over = (protocol: Candidate['protocol'], check: (candidate: Candidate) => Promise<PathVerdict>) => {
    const candidate = candidates.find((one) => one.protocol === protocol);
    return candidate === undefined ? failed(`the SFU announces no ${protocol} candidate`) : check(candidate);
  };
  const straight = (open: OpenPath) => checkPath(open, session, PATH_MS);
  const [udp, tcp, relayed] = await Promise.all([
    over('udp', (candidate) => straight(udpPath(candidate))),
    over('tcp', (candidate) => straight(tcpPath(candidate, lengthFraming))),
    over('udp', (candidate) => checkThroughRelay(candidate, { relay, iceServers, session })),
  ]);
  return { udp, tcp, relay: relayed };
}

/** With the credential that the SFU gave, as its clients do. */
async function checkThroughRelay(
  candidate: Candidate,
  by: {
    readonly relay: TransportAddress;
    readonly iceServers: readonly IceServer[];
    readonly session: IceSession;
  },
): Promise<PathVerdict> {
  const server = by.iceServers.find(({ urls }) => urls.some((url) => url.startsWith('turn:')));
  if (server === undefined) return failed('the SFU tells its clients of no TURN server');
  try {
    const allocation = await allocate({
      server: udpPath(by.relay),
      credential: { username: server.username, password: server.credential },
      timeoutMs: RELAY_REQUEST_MS,
    });
    try {
      await allocation.permit(candidate.address);
      const verdict = await checkPath(allocation.pathTo(candidate), by.session, PATH_MS);
      const { address, port } = allocation.relayed;
      return { ...verdict, detail: `relayed by ${address} port ${port}: ${verdict.detail}` };
    } finally {
      await allocation.free();
    }
  } catch (error) {
    return failed(describeError(error));
  }
}

const failed = (detail: string): PathVerdict => ({ ok: false, roundTripMs: null, detail });
