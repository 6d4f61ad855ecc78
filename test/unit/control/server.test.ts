import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ControlApi } from '../../../agent/control/api.ts';
import { createControlClient } from '../../../agent/control/client.ts';
import { startControlServer } from '../../../agent/control/server.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import { wellStatus } from './a-status.ts';
import { quietApi } from './an-api.ts';

async function socketPath(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aa-cli-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'run', 'agent.sock');
}

const api: ControlApi = {
  ...quietApi,
  hold: async ({ service }) => ({ message: `${service} is held.` }),
  release: async ({ service }) => {
    throw new AgentError({
      code: 'UNKNOWN_SERVICE',
      message: `There is no service ${service}`,
      hint: 'There are two.',
    });
  },
  heal: async () => {
    throw new Error('a bug');
  },
  confirmPerimeter: async ({ unproven }) => ({ message: `confirmed, unproven: ${unproven}` }),
  rollBackPerimeter: async () => ({ message: 'rolled back' }),
  backupMade: async ({ file }) => ({ message: file }),
  rotateSecret: async ({ secret, overlapMs }) => ({ message: `${secret}, overlap ${overlapMs}` }),
  provisionAgain: async ({ from }) => ({ message: `again from ${from}` }),
  tryPerimeter: async () => ({ message: 'on trial again' }),
};

async function serve(t: ExecutionContext): Promise<string> {
  const path = await socketPath(t);
  const server = await startControlServer(path, api);
  t.teardown(() => server.close());
  return path;
}

/** A raw request, as something else than agentctl may send it. */
async function raw(socketPath: string, method: string, path: string, body: string) {
  const sent = request({ socketPath, method, path, headers: { 'content-length': Buffer.byteLength(body) } });
  sent.end(body);
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { statusCode: response.statusCode, content: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
}

test('the client asks and the server answers', async (t) => {
  const client = createControlClient(await serve(t));
  t.deepEqual(await client.hold({ service: 'livekit', forMs: null }), { message: 'livekit is held.' });
  t.deepEqual(await client.status(), wellStatus);
  t.deepEqual(await client.confirmPerimeter({ unproven: true }), { message: 'confirmed, unproven: true' });
  t.deepEqual(await client.rollBackPerimeter(), { message: 'rolled back' });
  const note = { file: '/mnt/a.age', bytes: 12, stoppedForMs: 0 };
  t.deepEqual(await client.backupMade(note), { message: '/mnt/a.age' });
  t.deepEqual(await client.rotateSecret({ secret: 'turn', overlapMs: null }), {
    message: 'turn, overlap null',
  });
  t.deepEqual(await client.provisionAgain({ from: 'images' }), { message: 'again from images' });
  t.deepEqual(await client.tryPerimeter(), { message: 'on trial again' });
  t.deepEqual(await client.ping(), { agentVersion: '0.1.0' });
});

test('the socket is for root and its group only', async (t) => {
  t.is((await stat(await serve(t))).mode & 0o777, 0o660);
});

test('an error of the agent reaches the caller with its code, message and hint', async (t) => {
  const client = createControlClient(await serve(t));
  const error = await t.throwsAsync(client.release({ service: 'nonsense' }), { instanceOf: AgentError });
  t.like(error, { code: 'UNKNOWN_SERVICE', message: 'There is no service nonsense', hint: 'There are two.' });
});

test('a fault of the agent is reported and does not end it', async (t) => {
  const client = createControlClient(await serve(t));
  t.like(await t.throwsAsync(client.heal({ service: 'livekit' })), { code: 'INTERNAL', message: 'a bug' });
  t.deepEqual(await client.ping(), { agentVersion: '0.1.0' });
});

test('requests that are not as they should be are refused with words', async (t) => {
  const socket = await serve(t);
  for (const [method, path, body, code] of [
    ['GET', '/nothing', '', 'UNKNOWN_REQUEST'],
    ['GET', '/hold', '', 'UNKNOWN_REQUEST'],
    ['POST', '/hold', '', 'BAD_REQUEST'],
    ['POST', '/hold', '{"service": 7}', 'BAD_REQUEST'],
    ['POST', '/hold', '{"service": "../etc"}', 'BAD_REQUEST'],
    ['POST', '/hold', '{"service": "livekit", "for": "2h"}', 'BAD_REQUEST'],
    ['POST', '/hold', '{"service": "livekit", "forMs": -1}', 'BAD_REQUEST'],
    ['POST', '/provision', '{"from": "../etc"}', 'BAD_REQUEST'],
    ['POST', '/hold', JSON.stringify({ service: 'x'.repeat(8_000) }), 'BAD_REQUEST'],
  ] as const) {
    const { statusCode, content } = await raw(socket, method, path, body);
    t.is(statusCode, 400, `${method} ${path} ${body.slice(0, 40)}`);
    t.like(content, { code });
    t.true(content.message.length > 0 && content.hint.length > 0);
  }
});

test('without an agent the client says so, with the next step', async (t) => {
  const error = await t.throwsAsync(createControlClient(await socketPath(t)).ping());
  t.like(error, { code: 'AGENT_NOT_RUNNING', message: 'The agent is not running' });
});

test('something else on the socket is not taken for the agent', async (t) => {
  const path = `${await socketPath(t)}`.replace('/run/', '/');
  const impostor = createServer((socket) => socket.end('220 mail\r\n')).listen(path);
  await once(impostor, 'listening');
  t.teardown(() => impostor.close());
  t.like(await t.throwsAsync(createControlClient(path).ping()), { code: 'AGENT_ERROR' });
});

test('a second agent is refused while the first one answers', async (t) => {
  const path = await serve(t);
  t.like(await t.throwsAsync(startControlServer(path, api)), { code: 'CONTROL_SOCKET_IN_USE' });
  t.deepEqual(await createControlClient(path).ping(), { agentVersion: '0.1.0' });
});

test('the socket of an agent that was killed is replaced', async (t) => {
  const path = (await socketPath(t)).replace('/run/', '/');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.true((await stat(path)).isSocket());
  const server = await startControlServer(path, api);
  t.teardown(() => server.close());
  t.deepEqual(await createControlClient(path).ping(), { agentVersion: '0.1.0' });
});

test('a file that is no socket is left alone', async (t) => {
  const path = (await socketPath(t)).replace('/run/', '/');
  await writeFile(path, 'precious');
  t.like(await t.throwsAsync(startControlServer(path, api)), { code: 'CONTROL_SOCKET_IN_USE' });
});

test('closing ends connections that are held open, and removes the socket', async (t) => {
  const path = await socketPath(t);
  const server = await startControlServer(path, api);
  const idle = connect(path);
  await once(idle, 'connect');
  await server.close();
  await t.throwsAsync(stat(path), { code: 'ENOENT' });
  idle.destroy();
});
