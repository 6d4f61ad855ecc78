import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { probeHttp } from '../../../agent/probes/http-probe.ts';
import { probeTcp } from '../../../agent/probes/tcp-probe.ts';

async function tcpServer(t: ExecutionContext, accept: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    accept(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function httpServer(t: ExecutionContext, respond: RequestListener) {
  const server = createHttpServer(respond).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

test('a TCP port that accepts and echoes is serving', async (t) => {
  const target = await tcpServer(t, (socket) => socket.pipe(socket));
  const verdict = await probeTcp({ ...target, timeoutMs: 2000, echo: true });
  t.like(verdict, { ok: true, kind: 'tcp', detail: 'accepted, 32 bytes came back' });
  t.true(verdict.latencyMs !== null && verdict.latencyMs < 2000);
});

test('an echo that comes in pieces is an echo', async (t) => {
  const target = await tcpServer(t, (socket) => {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      socket.write(chunk.subarray(0, 10));
      setTimeout(() => socket.write(chunk.subarray(10)), 30);
    });
  });
  t.true((await probeTcp({ ...target, timeoutMs: 2000, echo: true })).ok);
});

test('a process that accepts but hangs passes for accepting, and fails when an echo is asked for', async (t) => {
  const target = await tcpServer(t, (socket) => socket.resume());
  t.like(await probeTcp({ ...target, timeoutMs: 300, echo: false }), { ok: true, detail: 'accepted' });
  t.deepEqual(await probeTcp({ ...target, timeoutMs: 300, echo: true }), {
    ok: false,
    kind: 'tcp',
    latencyMs: null,
    detail: 'accepted, but no answer within 300 ms',
  });
});

test('a TCP server that hangs up, or sends other bytes, is not serving', async (t) => {
  const closing = await tcpServer(t, (socket) => socket.end());
  t.is(
    (await probeTcp({ ...closing, timeoutMs: 2000, echo: true })).detail,
    'accepted, then closed without an answer',
  );
  const other = await tcpServer(t, (socket) => socket.on('data', () => socket.write('x'.repeat(32))));
  t.is(
    (await probeTcp({ ...other, timeoutMs: 2000, echo: true })).detail,
    'accepted, but other bytes came back',
  );
});

test('a port that nothing listens on is refused, by TCP and by HTTP', async (t) => {
  const { server, url } = await httpServer(t, (_, response) => response.end());
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const tcp = await probeTcp({ host: '127.0.0.1', port, timeoutMs: 2000, echo: false });
  t.deepEqual(tcp, { ok: false, kind: 'tcp', latencyMs: null, detail: 'refused: nothing listens there' });
  const http = await probeHttp({ url, timeoutMs: 2000, expected: { status: 200 } });
  t.deepEqual(http, { ok: false, kind: 'http', latencyMs: null, detail: 'refused: nothing listens there' });
});

test('an HTTP server with the expected status and body is serving', async (t) => {
  const { url } = await httpServer(t, (_, response) => response.end('OK\n'));
  const verdict = await probeHttp({ url, timeoutMs: 2000, expected: { status: 200, body: 'OK' } });
  t.like(verdict, { ok: true, kind: 'http', detail: '200 OK' });
});

test('another status or body is told beside what was expected', async (t) => {
  const { url } = await httpServer(t, (request, response) => {
    response.statusCode = request.url === '/' ? 406 : 200;
    response.end(`Not\nReady ${'.'.repeat(100)}`);
  });
  const status = await probeHttp({ url, timeoutMs: 2000, expected: { status: 200 } });
  t.is(status.detail, `406 Not Ready ${'.'.repeat(50)}…, expected 200`);
  const body = await probeHttp({ url: `${url}x`, timeoutMs: 2000, expected: { status: 200, body: 'OK' } });
  t.is(body.detail, `200 Not Ready ${'.'.repeat(50)}…, expected 200 OK`);
  t.false(status.ok || body.ok);
});

test('a hung HTTP server fails at the time limit, before its header or in its body', async (t) => {
  const { url } = await httpServer(t, (request, response) => {
    if (request.url === '/body') response.write('O');
  });
  for (const path of ['', 'body']) {
    const begun = performance.now();
    const verdict = await probeHttp({ url: `${url}${path}`, timeoutMs: 300, expected: { status: 200 } });
    t.deepEqual(verdict, { ok: false, kind: 'http', latencyMs: null, detail: 'no answer within 300 ms' });
    t.true(performance.now() - begun < 2000);
  }
});

test('an endless HTTP body is not read to its end', async (t) => {
  const { url } = await httpServer(t, (_, response) => {
    const flood = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 5);
    response.on('close', () => clearInterval(flood));
  });
  const verdict = await probeHttp({ url, timeoutMs: 10_000, expected: { status: 200 } });
  t.false(verdict.ok);
  t.regex(verdict.detail, /size/i);
});

test('each HTTP probe uses a connection of its own', async (t) => {
  const { url, server } = await httpServer(t, (_, response) => response.end('OK'));
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  for (let round = 0; round < 3; round++) {
    t.true((await probeHttp({ url, timeoutMs: 2000, expected: { status: 200 } })).ok);
  }
  t.is(connections, 3);
});
