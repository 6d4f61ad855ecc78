import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { createEngine } from '../../../agent/engine/engine.ts';
import { serveOnSocket } from './socket-server.ts';

function line(timeNano: string, action: string, id = 'c1', name = 'livekit'): string {
  const labels = { 'com.docker.compose.project': 'appliance', 'com.docker.compose.service': name };
  const event = { Type: 'container', Action: action, Actor: { ID: id, Attributes: labels } };
  return `${JSON.stringify(event).slice(0, -1)},"timeNano":${timeNano}}\n`;
}

/** Plays one script a connection: each gets the response, whose headers are already sent. */
async function followed(
  t: ExecutionContext,
  scripts: readonly ((response: ServerResponse) => unknown)[],
  since: string | null = null,
) {
  const asked: (string | null)[] = [];
  const told: string[] = [];
  const stop = new AbortController();
  const server = await serveOnSocket((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://engine').searchParams.get('since'));
    response.flushHeaders();
    scripts[asked.length - 1]?.(response);
  });
  const done = createEngine({ socket: server.socket, readTimeoutMs: 500 }).follow({
    project: 'appliance',
    signal: stop.signal,
    since,
    onEvent: ({ timeNano, action }) => told.push(`${action} ${timeNano}`),
    onConnected: () => told.push('connected'),
    onDisconnected: () => told.push('disconnected'),
  });
  // ava runs teardowns in reverse order: the server closes last.
  t.teardown(server.close);
  t.teardown(() => stop.abort());
  const until = async (count: number) => {
    const deadline = performance.now() + 5000;
    while (told.length < count) {
      if (performance.now() > deadline) throw new Error(`only told: ${told.join(', ')}`);
      await sleep(5);
    }
  };
  return { asked, told, done, stop, until };
}

test('after a break the stream resumes at the last event, and no event is told twice', async (t) => {
  const { asked, told, until } = await followed(t, [
    (response) => response.end(line('1000000001', 'die') + line('1000000002', 'start')),
    // The engine repeats what bears the time that it is asked for.
    (response) => response.write(line('1000000002', 'start') + line('1000000003', 'die')),
  ]);
  await until(6);
  t.deepEqual(told, [
    'connected',
    'die 1000000001',
    'start 1000000002',
    'disconnected',
    'connected',
    'die 1000000003',
  ]);
  t.is(asked[1], '1.000000002');
});

test('two events of the same nanosecond are both told, once', async (t) => {
  const { told, until } = await followed(t, [
    (response) => response.end(line('1000000001', 'die', 'c1')),
    (response) => response.write(line('1000000001', 'die', 'c1') + line('1000000001', 'die', 'c2')),
  ]);
  await until(5);
  t.deepEqual(told, ['connected', 'die 1000000001', 'disconnected', 'connected', 'die 1000000001']);
});

test('it resumes after the event that an earlier run saw last, which is not told again', async (t) => {
  const { asked, told, until } = await followed(
    t,
    [(response) => response.write(line('7000000000', 'die') + line('7000000001', 'start'))],
    '7000000000',
  );
  await until(2);
  t.deepEqual(told, ['connected', 'start 7000000001']);
  t.is(asked[0], '7.000000000');
});

test('without an earlier event it begins now', async (t) => {
  const before = Math.floor(Date.now() / 1000);
  const { asked, until } = await followed(t, [() => undefined]);
  await until(1);
  t.true(Math.abs(Number(asked[0]) - before) <= 5);
});

test('a clock that was set back does not silence the stream', async (t) => {
  const { asked, told, until } = await followed(t, [
    (response) => response.end(line('9000000000', 'die') + line('2000000000', 'start')),
    (response) => response.write(line('2000000001', 'die')),
  ]);
  await until(6);
  t.deepEqual(told.slice(1, 3), ['die 9000000000', 'start 2000000000']);
  t.is(told[5], 'die 2000000001');
  t.is(asked[1], '2.000000000');
});

test('an event that arrives in pieces is told when it is whole', async (t) => {
  const text = Buffer.from(line('1000000001', 'start', 'c1', 'livekit-ü'));
  const { told, until } = await followed(t, [
    async (response) => {
      for (const byte of text) {
        response.write(Buffer.of(byte));
        if (byte > 127) await sleep(5);
      }
    },
  ]);
  await until(2);
  t.deepEqual(told, ['connected', 'start 1000000001']);
});

test('a refused or garbled stream is a break, not the end', async (t) => {
  const { told, until } = await followed(t, [
    (response) => response.end('this is not JSON\n'),
    (response) => response.destroy(),
    (response) => response.write(line('1000000001', 'die')),
  ]);
  await until(6);
  t.deepEqual(told, [
    'connected',
    'disconnected',
    'connected',
    'disconnected',
    'connected',
    'die 1000000001',
  ]);
});

test('an engine that stays away is told once, however often it is tried', async (t) => {
  const stop = new AbortController();
  const told: string[] = [];
  const done = createEngine({ socket: '/nonexistent/docker.sock' }).follow({
    project: 'appliance',
    signal: stop.signal,
    since: null,
    onEvent: () => told.push('event'),
    onConnected: () => told.push('connected'),
    onDisconnected: (reason) => told.push(reason),
  });
  await sleep(500);
  stop.abort();
  await done;
  t.is(told.length, 1);
  t.regex(told[0] ?? '', /no Docker Engine answers on/);
});

test('an abort ends it at once, from a quiet stream and from a wait alike', async (t) => {
  const quiet = await followed(t, [() => undefined]);
  await quiet.until(1);
  quiet.stop.abort();
  await quiet.done;
  t.deepEqual(quiet.told, ['connected']);

  const waiting = await followed(t, [
    (response) => response.end(),
    (response) => response.end(),
    (response) => response.end(),
    (response) => response.end(),
  ]);
  await waiting.until(4);
  const begun = performance.now();
  waiting.stop.abort();
  await waiting.done;
  t.true(performance.now() - begun < 150);
});

test('what a callback throws is not taken for a break of the stream', async (t) => {
  const server = await serveOnSocket((_request, response) => {
    response.write(line('1000000001', 'die'));
  });
  t.teardown(server.close);
  const stop = new AbortController();
  await t.throwsAsync(
    createEngine({ socket: server.socket }).follow({
      project: 'appliance',
      signal: stop.signal,
      since: null,
      onEvent: () => {
        throw new Error('a bug of the caller');
      },
      onConnected: () => undefined,
      onDisconnected: () => undefined,
    }),
    { message: 'a bug of the caller' },
  );
});

test('an engine that takes the call and does not begin to answer is a break within the time limit', async (t) => {
  const server = await serveOnSocket(() => undefined);
  t.teardown(server.close);
  const stop = new AbortController();
  const reasons: string[] = [];
  const disconnected = new EventTarget();
  const done = createEngine({ socket: server.socket, readTimeoutMs: 200 }).follow({
    project: 'appliance',
    signal: stop.signal,
    since: null,
    onEvent: () => undefined,
    onConnected: () => reasons.push('connected'),
    onDisconnected: (reason) => {
      reasons.push(reason);
      disconnected.dispatchEvent(new Event('told'));
    },
  });
  await once(disconnected, 'told');
  stop.abort();
  await done;
  t.deepEqual(reasons, ['the Docker Engine did not answer GET /events within 200 ms']);
});
