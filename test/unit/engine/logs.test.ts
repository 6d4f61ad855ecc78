import test from 'ava';
import fc from 'fast-check';
import { containerLogs, payloads } from '../../../agent/engine/logs.ts';
import { serveOnSocket } from './socket-server.ts';

/** A frame of the engine: 1 is standard output, 2 standard error. */
function frame(stream: 1 | 2, text: string): Buffer {
  const content = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

async function* of<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const never = () => new AbortController().signal;

test('the content is the same however the stream is cut into chunks', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom<1 | 2>(1, 2), fc.string({ maxLength: 20 })), { maxLength: 8 }),
      fc.array(fc.nat({ max: 30 }), { maxLength: 10 }),
      async (frames, cuts) => {
        const stream = Buffer.concat(frames.map(([output, text]) => frame(output, text)));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const length of [...cuts, stream.length]) {
          chunks.push(stream.subarray(at, at + length));
          at += length;
        }
        const content = Buffer.concat(await collect(payloads(of(chunks)))).toString();
        return content === frames.map(([, text]) => text).join('');
      },
    ),
  );
  t.pass();
});

test('the newest lines of both outputs are asked for and given', async (t) => {
  let asked = '';
  const server = await serveOnSocket((request, response) => {
    asked = request.url ?? '';
    response.end(Buffer.concat([frame(1, 'one\n'), frame(2, 'two\nthr'), frame(2, 'ee\n')]));
  });
  const how = { lines: 7, follow: false, signal: never(), limitMs: 5_000 };
  t.deepEqual(await collect(containerLogs(server.socket, 'abc', how)), ['one', 'two', 'three']);
  t.is(asked, '/containers/abc/logs?stdout=1&stderr=1&tail=7&follow=0');
  await server.close();
});

test('following gives each line when it comes, and ends quietly when it is ended', async (t) => {
  const server = await serveOnSocket((_request, response) => {
    response.write(frame(1, 'first\n'));
    setTimeout(() => response.write(frame(1, 'second\n')), 50);
  });
  const stop = new AbortController();
  const seen: string[] = [];
  const how = { lines: 7, follow: true, signal: stop.signal, limitMs: 10 };
  for await (const line of containerLogs(server.socket, 'abc', how)) {
    seen.push(line);
    if (seen.length === 2) stop.abort();
  }
  t.deepEqual(seen, ['first', 'second']);
  await server.close();
});

test('an engine that refuses, hangs, or is not there is told', async (t) => {
  const how = { lines: 7, follow: false, signal: never(), limitMs: 20_000 };
  const refusing = await serveOnSocket((_request, response) => {
    response.writeHead(404).end('{"message":"No such container: abc"}');
  });
  const refused = await t.throwsAsync(collect(containerLogs(refusing.socket, 'abc', how)));
  t.regex(refused.message, /No such container/);
  await refusing.close();

  const hanging = await serveOnSocket(() => undefined);
  await t.throwsAsync(collect(containerLogs(hanging.socket, 'abc', { ...how, limitMs: 200 })), {
    code: 'ENGINE_TIMEOUT',
  } as object);
  await hanging.close();
  await t.throwsAsync(collect(containerLogs('/nonexistent/docker.sock', 'abc', how)), {
    message: /no Docker Engine answers/,
  });
});
