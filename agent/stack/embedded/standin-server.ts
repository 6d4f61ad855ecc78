import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { isErrno } from '../../system/errors.ts';
import { createHttpServer } from '../../system/http.ts';
import { createPeers, type Peer } from './standin-peers.ts';

/** The ports of LiveKit's contract: signalling, media over TCP, media over UDP. 0 takes any free one. */
export interface StandinPorts {
  readonly http: number;
  readonly tcp: number;
  readonly udp: number;
}

export interface Standin {
  /** The ports that it listens on. */
  readonly ports: StandinPorts;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 512;
const IDLE_MS = 60_000;

/**
 * Starts what keeps LiveKit's contract towards the appliance: `GET /` answers `OK`, media ports answer with what
 * they get. `GET /peers` tells whose addresses were seen. `log` gets a line for each new peer and each failure.
 */
export async function startStandin(ports: StandinPorts, log: (entry: object) => void): Promise<Standin> {
  const peers = createPeers(() => performance.now());
  const see = (peer: Peer) => {
    if (peers.note(peer)) log({ event: 'peer', ...peer });
  };

  const http = createHttpServer({ requestTimeout: 10_000 }, (request, response) => {
    see(peerOf('http', request.socket));
    const path = request.method === 'GET' ? request.url : undefined;
    if (path === '/') response.writeHead(200, { 'content-type': 'text/plain' }).end('OK');
    else if (path === '/peers') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(peers.list()));
    } else response.writeHead(404).end();
  });
  const tcp = createTcpServer((connection) => {
    see(peerOf('tcp', connection));
    connection.setTimeout(IDLE_MS, () => connection.destroy());
    // A client that goes away, in the middle or not, is ordinary.
    connection.on('error', () => connection.destroy());
    connection.pipe(connection);
  });
  const udp = await bindUdp(ports.udp);
  udp.on('message', (message, { address, port }) => {
    see({ protocol: 'udp', address: plain(address), port });
    udp.send(message, port, address, (error) => {
      if (error) log({ event: 'udp-send-failed', code: 'code' in error ? error.code : error.message });
    });
  });

  await Promise.all([listen(http, ports.http), listen(tcp, ports.tcp)]);
  return {
    ports: { http: portOf(http), tcp: portOf(tcp), udp: portOf(udp) },
    async close() {
      http.closeAllConnections();
      await Promise.all([closed(http), closed(tcp), closed(udp)]);
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.maxConnections = MAX_CONNECTIONS;
  // Without an address: both families, or IPv4 alone on a kernel without IPv6.
  server.listen(port);
  await once(server, 'listening');
}

/** Both families on one socket; IPv4 alone on a kernel without IPv6. */
async function bindUdp(port: number): Promise<DatagramSocket> {
  try {
    return await bound(createSocket('udp6'), port);
  } catch (error) {
    if (!isErrno(error, 'EAFNOSUPPORT')) throw error;
    return bound(createSocket('udp4'), port);
  }
}

async function bound(socket: DatagramSocket, port: number): Promise<DatagramSocket> {
  socket.bind(port);
  await once(socket, 'listening');
  return socket;
}

/** An IPv4 peer of a socket of both families is `::ffff:192.0.2.1` to it. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/, '');

function portOf(server: Server | DatagramSocket): number {
  return (server.address() as AddressInfo).port;
}

function closed(server: Server | DatagramSocket): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function peerOf(protocol: 'http' | 'tcp', { remoteAddress = '', remotePort = 0 }: Socket): Peer {
  return { protocol, address: plain(remoteAddress), port: remotePort };
}
