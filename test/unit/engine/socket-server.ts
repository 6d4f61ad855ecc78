import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server on a unix socket that answers as an engine would, with what a test scripts. */
export interface SocketServer {
  readonly socket: string;
  /** Connections that were made so far. */
  connections(): number;
  close(): Promise<void>;
}

export async function serveOnSocket(listener: RequestListener): Promise<SocketServer> {
  const folder = await mkdtemp(join(tmpdir(), 'aa-engine-'));
  const socket = join(folder, 'docker.sock');
  const server = createServer(listener);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    socket,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
