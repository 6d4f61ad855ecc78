import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface RegistryProxy {
  readonly port: number;
  close(): Promise<void>;
}

const IDLE_MS = 120_000;

/**
 * A plain HTTP proxy on one address of this machine. A fresh machine in a network of its own reaches the Debian and npm
 * registries through it as this machine does, without NAT: no rule and no sysctl of this machine is touched.
 */
export async function startRegistryProxy(address: string): Promise<RegistryProxy> {
  const sockets = new Set<Duplex>();
  const server = createServer(forward);
  server.on('connection', (socket) => track(sockets, socket));
  server.on('connect', (message: IncomingMessage, socket: Duplex, head: Buffer) =>
    tunnel(sockets, message, socket, head),
  );
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the proxy has no port');
  return {
    port: bound.port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `GET http://host/path`, as apt asks. */
function forward(message: IncomingMessage, response: ServerResponse): void {
  const { 'proxy-connection': _, ...headers } = message.headers;
  const upstream = request(
    message.url ?? '',
    { method: message.method, headers, timeout: IDLE_MS },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  upstream.on('timeout', () => upstream.destroy(new Error('timeout')));
  upstream.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(String(error));
  });
  message.pipe(upstream);
}

/** `CONNECT host:443`, as npm asks. */
function tunnel(sockets: Set<Duplex>, message: IncomingMessage, client: Duplex, head: Buffer): void {
  const { hostname, port } = new URL(`http://${message.url ?? ''}`);
  const upstream = connect({ host: hostname, port: Number(port) || 443 });
  track(sockets, upstream);
  upstream.setTimeout(IDLE_MS, () => upstream.destroy());
  upstream.once('connect', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on('error', () => client.destroy());
  client.on('error', () => upstream.destroy());
}

function track(sockets: Set<Duplex>, socket: Duplex): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}
