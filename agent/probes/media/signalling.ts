import { SessionDescription, SignalRequest, SignalResponse, SignalTarget } from '@livekit/protocol';
import * as z from 'zod';
import { AgentError } from '../../system/errors.ts';
import { inUrl } from './livekit-room.ts';
import {
  type Candidate,
  type IceCredentials,
  makeCredentials,
  type Offer,
  readCandidate,
  readOffer,
  writeAnswer,
} from './session-description.ts';

/** An ICE server that the SFU tells its clients to use. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string;
  readonly credential: string;
}

/** A participant whose signalling is done and whose ICE session has begun. */
export interface Joined {
  readonly serverVersion: string;
  readonly iceServers: readonly IceServer[];
  readonly ours: IceCredentials;
  readonly offer: Offer;
  /** All that the SFU announced, in its order. */
  readonly candidates: readonly Candidate[];
  leave(): void;
}

/** From 3 on the SFU makes the first offer, with a version below 16 on a connection of its own for each direction. */
const PROTOCOL = 9;

/** The candidates are complete when the SFU says so, or when none has come for this long. */
const LAST_CANDIDATE_MS = 500;

const candidateInit = z.object({ candidate: z.string() });

/**
 * Joins a room as Element Call does (LiveKit's signalling: protobuf messages over a WebSocket at `/rtc`), up to the
 * point where ICE checks may begin. Errors: SFU_SIGNALLING, within `timeoutMs`.
 */
export async function join(
  { host, port, token }: { readonly host: string; readonly port: number; readonly token: string },
  timeoutMs: number,
): Promise<Joined> {
  const query = new URLSearchParams({ access_token: token, protocol: String(PROTOCOL), auto_subscribe: '0' });
  const socket = new WebSocket(`ws://${inUrl(host)}:${port}/rtc?${query}`);
  socket.binaryType = 'arraybuffer';
  const leave = () => socket.close();
  try {
    return { ...(await negotiate(socket, timeoutMs)), leave };
  } catch (error) {
    leave();
    throw error;
  }
}

function negotiate(socket: WebSocket, timeoutMs: number): Promise<Omit<Joined, 'leave'>> {
  const ours = makeCredentials();
  const candidates: Candidate[] = [];
  let greeting: Pick<Joined, 'serverVersion' | 'iceServers'> | null = null;
  let offer: Offer | null = null;
  return new Promise((resolve, reject) => {
    const fail = (what: string) => {
      clearTimeout(limit);
      clearTimeout(quiet);
      reject(signallingError(what));
    };
    const limit = setTimeout(() => {
      const seen = greeting === null ? 'no answer to the join' : offer === null ? 'no offer' : 'no candidate';
      fail(`${seen} within ${timeoutMs} ms`);
    }, timeoutMs);
    let quiet: NodeJS.Timeout | undefined;
    const complete = () => {
      if (greeting === null || offer === null || candidates.length === 0) return;
      clearTimeout(limit);
      clearTimeout(quiet);
      resolve({ ...greeting, ours, offer, candidates });
    };
    const note = (found: readonly Candidate[]) => {
      candidates.push(...found);
      clearTimeout(quiet);
      quiet = setTimeout(complete, LAST_CANDIDATE_MS);
    };
    socket.addEventListener('error', () => fail('the WebSocket was refused, or broke off'));
    socket.addEventListener('close', ({ code, reason }) =>
      fail(`closed by the SFU (${code} ${reason})`.trim()),
    );
    socket.addEventListener('message', ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return fail('a message that is not protobuf');
      const { message } = SignalResponse.fromBinary(new Uint8Array(data));
      if (message.case === 'join') {
        const { serverVersion, iceServers } = message.value;
        greeting = { serverVersion, iceServers };
      } else if (message.case === 'offer') {
        offer = readOffer(message.value.sdp);
        if (offer === null) return fail('an offer without ICE credentials');
        const { id } = message.value;
        const answer = new SessionDescription({
          type: 'answer',
          sdp: writeAnswer(message.value.sdp, ours),
          id,
        });
        socket.send(new SignalRequest({ message: { case: 'answer', value: answer } }).toBinary());
        note(offer.candidates);
      } else if (message.case === 'trickle' && message.value.target === SignalTarget.SUBSCRIBER) {
        const init = candidateInit.safeParse(JSON.parse(message.value.candidateInit));
        if (init.success) note(readCandidate(init.data.candidate));
        if (message.value.final) complete();
      } else if (message.case === 'leave') {
        fail('the SFU asked to leave');
      }
    });
  });
}

function signallingError(what: string): AgentError {
  return new AgentError({
    code: 'SFU_SIGNALLING',
    message: `joining a room of the SFU failed: ${what}`,
    hint: 'Look at what LiveKit says: agentctl logs livekit.',
  });
}
