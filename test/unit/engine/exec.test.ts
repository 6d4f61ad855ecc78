import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { execIn, exitCodeOf } from '../../../agent/engine/exec.ts';
import { serveOnSocket } from './socket-server.ts';

/** A frame of the engine's stream: which output, and so many bytes of it. */
const frame = (output: 1 | 2, content: string) => {
  const header = Buffer.alloc(8);
  header[0] = output;
  header.writeUInt32BE(Buffer.byteLength(content), 4);
  return Buffer.concat([header, Buffer.from(content)]);
};

/** An engine in which a command does what `start` does; its end shows at the third look. */
async function engine(t: ExecutionContext, start: (answer: ServerResponse) => void, exitCode = 0) {
  const asked: string[] = [];
  let looks = 0;
  const server = await serveOnSocket(async (request: IncomingMessage, answer) => {
    asked.push(`${request.method} ${request.url} ${await text(request)}`.trim());
    const json = (status: number, content: object) => {
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    };
    if (request.url === '/containers/c1/exec') json(201, { Id: 'e1' });
    else if (request.url === '/exec/e1/start') {
      answer.writeHead(200, { 'content-type': 'application/vnd.docker.raw-stream' });
      start(answer);
    } else if (request.url === '/exec/e1/json') {
      looks += 1;
      json(200, looks < 3 ? { Running: true, ExitCode: null } : { Running: false, ExitCode: exitCode });
    } else json(404, { message: 'no such thing' });
  });
  t.teardown(server.close);
  return { socket: server.socket, asked };
}

test('a command runs in a container, and its outputs and exit status come back', async (t) => {
  const { socket, asked } = await engine(
    t,
    (answer) => answer.end(Buffer.concat([frame(1, 'one\ntw'), frame(2, 'o\n')])),
    3,
  );
  const outcome = await execIn(socket, { containerId: 'c1', command: ['/check', 'a b'], timeoutMs: 2_000 });
  t.deepEqual(outcome, { execId: 'e1', exitCode: 3, output: 'one\ntwo\n' });
  t.is(asked[0], 'POST /containers/c1/exec {"AttachStdout":true,"AttachStderr":true,"Cmd":["/check","a b"]}');
  t.is(asked[1], 'POST /exec/e1/start {"Detach":false,"Tty":false}');
});

test('of what a command writes the end is kept', async (t) => {
  const { socket } = await engine(t, (answer) => {
    for (let part = 0; part < 100; part += 1) answer.write(frame(1, 'x'.repeat(1_000)));
    answer.end(frame(1, '\nlast'));
  });
  const { output } = await execIn(socket, { containerId: 'c1', command: ['/check'], timeoutMs: 2_000 });
  t.is(output.length, 4096);
  t.true(output.endsWith('x\nlast'));
});

test('one that does not end in time is left, with what it wrote so far', async (t) => {
  const { socket } = await engine(t, (answer) => answer.write(frame(1, 'begun\n')));
  const outcome = await execIn(socket, { containerId: 'c1', command: ['/check'], timeoutMs: 200 });
  t.deepEqual(outcome, { execId: 'e1', exitCode: null, output: 'begun\n' });
});

test('a container that is not there is an error of the engine, and a command that is not known has ended', async (t) => {
  const { socket } = await engine(t, (answer) => answer.end());
  await t.throwsAsync(execIn(socket, { containerId: 'gone', command: ['/check'], timeoutMs: 1_000 }), {
    code: 'ENGINE_ERROR',
  });
  t.is(await exitCodeOf(socket, 'unknown', 1_000), 0);
});
