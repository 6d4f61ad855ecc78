import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createEngine } from '../../../agent/engine/engine.ts';
import { type SocketServer, serveOnSocket } from './socket-server.ts';

const recorded = (name: string) => readFile(join(import.meta.dirname, 'recorded', name), 'utf8');

async function serve(t: ExecutionContext, listener: RequestListener): Promise<SocketServer> {
  const server = await serveOnSocket(listener);
  t.teardown(server.close);
  return server;
}

test('an engine that is not there is unreachable, and the hint says where to look', async (t) => {
  const error = await t.throwsAsync(createEngine({ socket: '/nonexistent/docker.sock' }).version(), {
    code: 'ENGINE_UNREACHABLE',
    message: /\/nonexistent\/docker\.sock/,
  });
  t.regex((error as unknown as { hint: string }).hint, /journalctl -u docker/);
});

test('an engine that takes the call and says nothing is timed out within the limit', async (t) => {
  const { socket } = await serve(t, () => undefined);
  const begun = performance.now();
  await t.throwsAsync(createEngine({ socket, readTimeoutMs: 200 }).containers('appliance'), {
    code: 'ENGINE_TIMEOUT',
    message: /GET \/containers\/json within 200 ms/,
  });
  t.true(performance.now() - begun < 2000);
});

test('an engine that begins to answer and stops is timed out too', async (t) => {
  const { socket } = await serve(t, (_request, response) => {
    response.writeHead(200).write('{"Version":');
  });
  await t.throwsAsync(createEngine({ socket, readTimeoutMs: 200 }).version(), { code: 'ENGINE_TIMEOUT' });
});

test('an engine that dies in the middle of an answer is unreachable', async (t) => {
  const { socket } = await serve(t, (_request, response) => {
    response.writeHead(200).write('{"Version":', () => response.destroy());
  });
  await t.throwsAsync(createEngine({ socket }).version(), { code: 'ENGINE_UNREACHABLE' });
});

test('an engine that hangs up without an answer is unreachable', async (t) => {
  const { socket } = await serve(t, (request) => request.socket.destroy());
  await t.throwsAsync(createEngine({ socket }).version(), { code: 'ENGINE_UNREACHABLE' });
});

test("a refusal carries the engine's own words", async (t) => {
  const { socket } = await serve(t, (_request, response) => {
    response.writeHead(409).end('{"message":"container is marked for removal and cannot be started"}');
  });
  await t.throwsAsync(createEngine({ socket }).start('abc'), {
    code: 'ENGINE_ERROR',
    message:
      'the engine refused POST /containers/abc/start (409): container is marked for removal and cannot be started',
  });
});

test('starting what already runs is a success', async (t) => {
  const { socket } = await serve(t, (_request, response) => response.writeHead(304).end());
  await t.notThrowsAsync(createEngine({ socket }).start('abc'));
});

test('an answer that is not JSON is an error that shows its beginning', async (t) => {
  const { socket } = await serve(t, (_request, response) => response.end('<html>hello'));
  await t.throwsAsync(createEngine({ socket }).version(), { code: 'ENGINE_ERROR', message: /<html>hello/ });
});

test('each call is made on a connection of its own', async (t) => {
  const server = await serve(t, (_request, response) =>
    response.end('{"Version":"29.0.0","ApiVersion":"1.52"}'),
  );
  const engine = createEngine({ socket: server.socket });
  for (const count of [1, 2, 3]) {
    t.deepEqual(await engine.version(), { version: '29.0.0', apiVersion: '1.52' });
    t.is(server.connections(), count);
  }
});

test('a container that is removed between the list and the look at it is left out', async (t) => {
  const running = await recorded('container-running.json');
  const urls: string[] = [];
  const { socket } = await serve(t, ({ url = '' }, response) => {
    urls.push(url);
    if (url.startsWith('/containers/json')) {
      response.end(
        JSON.stringify([
          { Id: 'gone', Image: '', Labels: {} },
          { Id: 'here', Image: '', Labels: null },
        ]),
      );
    } else if (url === '/containers/here/json') response.end(running);
    else response.writeHead(404).end('{"message":"No such container: gone"}');
  });
  const containers = await createEngine({ socket }).containers('appliance');
  t.deepEqual(
    containers.map(({ service }) => service),
    ['livekit'],
  );
  const query = new URLSearchParams(urls[0]?.split('?')[1]);
  t.is(query.get('all'), '1');
  t.deepEqual(JSON.parse(query.get('filters') ?? ''), {
    label: { 'com.docker.compose.project=appliance': true },
  });
});

test('what `docker compose run` made is not taken for a service', async (t) => {
  const running = await recorded('container-running.json');
  const { socket } = await serve(t, ({ url = '' }, response) => {
    const list = [{ Id: 'one-off', Image: '', Labels: { 'com.docker.compose.oneoff': 'True' } }];
    response.end(url.startsWith('/containers/json') ? JSON.stringify(list) : running);
  });
  t.deepEqual(await createEngine({ socket }).containers('appliance'), []);
});

test('an image that the engine does not have is null, and a reference is one path', async (t) => {
  const urls: (string | undefined)[] = [];
  const { socket } = await serve(t, ({ url }, response) => {
    urls.push(url);
    response.writeHead(404).end('{"message":"No such image"}');
  });
  t.is(await createEngine({ socket }).imageId('appliance-agent/coturn:4.6.1-abc'), null);
  t.deepEqual(urls, ['/images/appliance-agent/coturn%3A4.6.1-abc/json']);
});

test('an archive is streamed to the engine as it is', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'aa-load-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const archive = join(folder, 'image.tar');
  const content = Buffer.alloc(3_000_001, 'tar');
  await writeFile(archive, content);
  const received: Buffer[] = [];
  const { socket } = await serve(t, async (request, response) => {
    for await (const chunk of request) received.push(chunk);
    t.is(request.headers['content-length'], String(content.length));
    response.end('{"stream":"Loaded image: x\\n"}\n');
  });
  await createEngine({ socket }).loadImage(archive);
  t.true(Buffer.concat(received).equals(content));
});

test('a load that fails half-way is an error though its status is 200', async (t) => {
  const { socket } = await serve(t, async (request, response) => {
    request.resume();
    response.end(
      '{"status":"Loading layer"}\n{"errorDetail":{"message":"no space left on device"},"error":"no space left on device"}\n',
    );
  });
  await t.throwsAsync(createEngine({ socket }).loadImage(import.meta.filename), {
    code: 'ENGINE_ERROR',
    message: /no space left on device/,
  });
});

test('an archive that is not there is not taken for an engine that is not there', async (t) => {
  await t.throwsAsync(createEngine({ socket: '/nonexistent' }).loadImage('/nonexistent.tar'), {
    code: 'IMAGE_ARCHIVE_MISSING',
  });
});
