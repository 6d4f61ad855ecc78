import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createPeers } from '../../../agent/stack/embedded/standin-peers.ts';
import { startStandin } from '../../../agent/stack/embedded/standin-server.ts';

async function standin(t: ExecutionContext) {
  const logged: object[] = [];
  const started = await startStandin({ http: 0, tcp: 0, udp: 0 }, (entry) => logged.push(entry));
  t.teardown(started.close);
  const get = async (path: string, method: 'GET' | 'POST' = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${started.ports.http}${path}`, { method });
    return { statusCode: answer.status, text: await answer.text() };
  };
  return { ...started, logged, get };
}

test('it is ready as LiveKit says it: 200 and OK', async (t) => {
  const { get } = await standin(t);
  t.deepEqual(await get('/'), { statusCode: 200, text: 'OK' });
  t.is((await get('/rtc')).statusCode, 404);
  t.is((await get('/', 'POST')).statusCode, 404);
});

test('a datagram comes back as it was, to the port that sent it', async (t) => {
  const { ports, get } = await standin(t);
  const client = createSocket('udp4');
  t.teardown(() => client.close());
  client.connect(ports.udp, '127.0.0.1');
  await once(client, 'connect');
  const sent = Buffer.from([0, 255, 1, 254]);
  client.send(sent);
  const [received] = (await once(client, 'message')) as [Buffer];
  t.true(received.equals(sent));
  const peers: { protocol: string; port: number; address: string }[] = JSON.parse((await get('/peers')).text);
  t.like(
    peers.find(({ protocol }) => protocol === 'udp'),
    { address: '127.0.0.1', port: client.address().port },
  );
});

test('a connection is answered with what it sends, and its peer is shown', async (t) => {
  const { ports, get } = await standin(t);
  const client = connect(ports.tcp, '127.0.0.1');
  await once(client, 'connect');
  const { localPort } = client;
  client.write('hello');
  const [received] = (await once(client, 'data')) as [Buffer];
  t.is(received.toString(), 'hello');
  t.regex((await get('/peers')).text, new RegExp(`"tcp","address":"127.0.0.1","port":${localPort}`));
  client.end();
  await once(client, 'close');
});

test('a peer is logged once, however often it speaks', async (t) => {
  const { ports, logged } = await standin(t);
  const client = createSocket('udp4');
  t.teardown(() => client.close());
  client.connect(ports.udp, '127.0.0.1');
  await once(client, 'connect');
  for (let count = 0; count < 3; count += 1) {
    client.send('x');
    await once(client, 'message');
  }
  t.deepEqual(logged, [
    { event: 'peer', protocol: 'udp', address: '127.0.0.1', port: client.address().port },
  ]);
});

test('a flood of peers fills neither the memory nor the log', (t) => {
  let now = 1_000_000;
  const peers = createPeers(() => now);
  const note = (port: number) => peers.note({ protocol: 'udp', address: '192.0.2.1', port });
  const logged = Array.from({ length: 1000 }, (_, port) => note(port)).filter(Boolean).length;
  t.is(logged, 10);
  t.is(peers.list().length, 64);
  t.is(peers.list().at(-1)?.port, 999);
  now += 1000;
  t.true(note(5000));
  t.false(note(5000));
});
