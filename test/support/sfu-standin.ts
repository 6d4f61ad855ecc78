// A stand-in for LiveKit that speaks its signalling and completes real ICE: `sfu-standin.ts JSON`, or, as LiveKit is
// started, `--config FILE`. One participant at a time, who is given one data channel. It does what the real LiveKit was
// seen to do: test/integration/media.test.ts says how both are held against the same expectations.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  JoinResponse,
  SessionDescription,
  SignalRequest,
  SignalResponse,
  SignalTarget,
  TrickleRequest,
} from '@livekit/protocol';
import { TokenVerifier } from 'livekit-server-sdk';
import { type RTCIceCandidate, RTCPeerConnection } from 'werift';
import { type WebSocket, WebSocketServer } from 'ws';
import { optionsOf, type SfuStandinOptions } from './sfu-options.ts';

// As process 1 of a container it gets no default action for a signal.
process.once('SIGTERM', () => process.exit(0));

const PORTS = { http: 7880, tcp: 7881, udp: 7882 };
const [first = '', file] = process.argv.slice(2);
const options: SfuStandinOptions = file === undefined ? JSON.parse(first) : await optionsOf(file);
const verifier = new TokenVerifier(options.key, options.secret);
const rooms = new Set<string>();

/** werift takes the first free port of a range for each protocol: over UDP this must not be the one for TCP. */
const placeholder = createSocket('udp4');
placeholder.bind(PORTS.tcp);
await once(placeholder, 'listening');

/** LiveKit always listens on its TCP port. werift does for a participant, on the next port, for this one is taken. */
createTcpServer((socket) => {
  const inner = connect(PORTS.udp, options.address ?? '127.0.0.1');
  for (const [one, other] of [
    [socket, inner],
    [inner, socket],
  ] as const) {
    one.on('error', () => other.destroy());
    one.pipe(other);
  }
}).listen(PORTS.tcp);

const http = createServer((request, response) => {
  answer(request, response).catch((error) => {
    response.writeHead(500).end(JSON.stringify({ code: 'internal', msg: String(error) }));
  });
});
const webSockets = new WebSocketServer({ noServer: true });
http.on('upgrade', async (request, socket, head) => {
  const url = new URL(request.url ?? '', 'http://sfu');
  const room = await roomOf(url.searchParams.get('access_token') ?? '');
  // As LiveKit: 401 for a token that is not its own, 404 for a room that nobody made (`auto_create: false`).
  const refusal =
    url.pathname !== '/rtc' || room === null ? '401 Unauthorized' : rooms.has(room) ? null : '404 Not Found';
  if (refusal !== null) return void socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`);
  return webSockets.handleUpgrade(request, socket, head, (webSocket) => void participate(webSocket));
});
http.listen(PORTS.http, () => console.log('ready'));

async function roomOf(token: string): Promise<string | null> {
  try {
    const { video } = await verifier.verify(token);
    return video?.roomJoin ? (video.room ?? null) : null;
  } catch {
    return null;
  }
}

/** The room service as Twirp has it (JSON). */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/') return void response.end('OK');
  const json = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const method = /^\/twirp\/livekit\.RoomService\/(\w+)$/.exec(request.url ?? '')?.[1];
  const token = (request.headers.authorization ?? '').replace('Bearer ', '');
  const video = await verifier.verify(token).then(
    ({ video }) => video,
    () => null,
  );
  const body = JSON.parse((await text(request)) || '{}');
  if (method === 'CreateRoom' && video?.roomCreate) {
    rooms.add(body.name);
    json(200, { sid: 'RM_standin', name: body.name });
  } else if (method === 'DeleteRoom' && video?.roomCreate) {
    const there = rooms.delete(body.room);
    json(there ? 200 : 404, there ? {} : { code: 'not_found', msg: 'requested room does not exist' });
  } else {
    json(401, { code: 'unauthenticated', msg: 'invalid token' });
  }
}

async function participate(webSocket: WebSocket): Promise<void> {
  const send = (message: ConstructorParameters<typeof SignalResponse>[0]) =>
    webSocket.send(new SignalResponse(message).toBinary());
  const peer = new RTCPeerConnection({
    iceServers: [],
    iceUseTcp: true,
    icePortRange: [PORTS.tcp, PORTS.udp],
    bundlePolicy: 'max-bundle',
    ...(options.address === undefined ? {} : { iceInterfaceAddresses: { udp4: options.address } }),
  });
  webSocket.on('close', () => peer.close());
  webSocket.on('message', async (bytes: Buffer) => {
    const { message } = SignalRequest.fromBinary(bytes);
    if (message.case === 'answer')
      await peer.setRemoteDescription({ type: 'answer', sdp: message.value.sdp });
  });

  send({
    message: {
      case: 'join',
      value: new JoinResponse({
        serverVersion: 'stand-in',
        subscriberPrimary: true,
        iceServers: [...options.iceServers],
      }),
    },
  });
  peer.createDataChannel('_reliable');
  const candidates: RTCIceCandidate[] = [];
  peer.onIceCandidate.subscribe((candidate) => candidate && candidates.push(candidate));
  const offer = await peer.createOffer();
  send({
    message: { case: 'offer', value: new SessionDescription({ type: 'offer', sdp: offer.sdp, id: 1 }) },
  });
  await peer.setLocalDescription(offer);
  const lines = new Set(candidates.flatMap(announced));
  for (const [index, candidate] of [...lines].entries()) {
    const candidateInit = JSON.stringify({ candidate, sdpMid: '0', sdpMLineIndex: 0 });
    const final = index === lines.size - 1;
    const target = SignalTarget.SUBSCRIBER;
    send({ message: { case: 'trickle', value: new TrickleRequest({ candidateInit, target, final }) } });
  }
}

/** A candidate with the public address, as LiveKit has it with `node_ip`; not its active TCP ones, nor IPv6. */
function announced({ candidate }: RTCIceCandidate): string[] {
  const words = candidate.split(' ');
  if (candidate.includes('tcptype active') || words[4]?.includes(':')) return [];
  words[4] = options.nodeIp;
  if (words[2] === 'tcp') words[5] = String(PORTS.tcp);
  return [words.join(' ')];
}
