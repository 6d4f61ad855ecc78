import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { encodeXorAddress } from '../../../agent/probes/stun-address.ts';
import { Attribute, decodeStun, encodeStun, errorCodeAttribute } from '../../../agent/probes/stun-message.ts';
import { judgeBinding, probeStunBinding } from '../../../agent/probes/stun-probe.ts';
import { probeUdpEcho } from '../../../agent/probes/udp-echo-probe.ts';
import { retransmissionTimes } from '../../../agent/probes/udp-exchange.ts';

type Answer = (request: Buffer, from: { address: string; port: number }, count: number) => Buffer[];

/** A UDP server on a free port of the loopback; `answer` sees how many requests came so far. */
async function server(t: ExecutionContext, answer: Answer, address = '127.0.0.1') {
  const socket: Socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  let count = 0;
  socket.on('message', (request, from) => {
    count += 1;
    for (const datagram of answer(request, from, count)) socket.send(datagram, from.port, from.address);
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  return { host: address, port: socket.address().port, requests: () => count };
}

const bindingAnswer: Answer = (request, from) => {
  const { transactionId, method } = decodeStun(request);
  const value = encodeXorAddress(from, transactionId);
  const attributes = [{ type: Attribute.xorMappedAddress, value }];
  return [encodeStun({ class: 'success', method, transactionId, attributes }, { fingerprint: true })];
};

test('a STUN server that answers is serving, and says how it sees us, over IPv4 and IPv6', async (t) => {
  for (const address of ['127.0.0.1', '::1']) {
    const { host, port } = await server(t, bindingAnswer, address);
    const verdict = await probeStunBinding({ host, port, timeoutMs: 2000 });
    t.true(verdict.ok, verdict.detail);
    t.is(verdict.kind, 'stun');
    t.regex(verdict.detail, /^Binding answered, seen as (127\.0\.0\.1|::1) port \d+$/);
    t.true(verdict.latencyMs !== null && verdict.latencyMs >= 0 && verdict.latencyMs < 2000);
  }
});

test('a lost request is sent again within the time limit', async (t) => {
  const { host, port, requests } = await server(t, (request, from, count) =>
    count < 2 ? [] : bindingAnswer(request, from, count),
  );
  const verdict = await probeStunBinding({ host, port, timeoutMs: 3000 });
  t.true(verdict.ok, verdict.detail);
  t.is(requests(), 2);
  t.true((verdict.latencyMs ?? 0) >= 490);
});

test('requests are repeated at the times of RFC 8489, none after the time limit', (t) => {
  t.deepEqual(retransmissionTimes(60_000), [500, 1500, 3500, 7500, 15_500, 31_500]);
  t.deepEqual(retransmissionTimes(2000), [500, 1500]);
  t.deepEqual(retransmissionTimes(500), []);
});

test('a STUN server that refuses is not serving, and its reason is told', async (t) => {
  const { host, port } = await server(t, (request) => {
    const { transactionId, method } = decodeStun(request);
    const attributes = [errorCodeAttribute(400, 'Bad Request')];
    return [encodeStun({ class: 'error', method, transactionId, attributes })];
  });
  const verdict = await probeStunBinding({ host, port, timeoutMs: 2000 });
  t.like(verdict, { ok: false, latencyMs: verdict.latencyMs, detail: 'refused: 400 Bad Request' });
});

test('an answer to somebody else’s request does not count', async (t) => {
  const { host, port } = await server(t, (request, from, count) => {
    const [good] = bindingAnswer(request, from, count);
    const foreign = Buffer.from(good ?? '');
    foreign[8] = (foreign[8] ?? 0) ^ 0xff;
    return [foreign];
  });
  const verdict = await probeStunBinding({ host, port, timeoutMs: 300 });
  t.deepEqual(verdict, { ok: false, kind: 'stun', latencyMs: null, detail: 'no answer within 300 ms' });
});

test('an answer that is damaged, or no STUN, or without an address, is judged by what is wrong with it', (t) => {
  const transactionId = Buffer.alloc(12, 7);
  const judge = (bytes: Buffer) => judgeBinding(bytes, transactionId);
  const plain = { class: 'success', method: 1, transactionId, attributes: [] } as const;
  const damaged = encodeStun(plain, { fingerprint: true });
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
  t.deepEqual(judge(damaged), { ok: false, detail: 'the answer is damaged: its fingerprint is wrong' });
  t.deepEqual(judge(encodeStun(plain)), { ok: false, detail: 'a success without a mapped address' });
  t.deepEqual(judge(encodeStun({ ...plain, class: 'request' })), {
    ok: false,
    detail: 'a request without a mapped address',
  });
  t.regex(judge(Buffer.from('SIP/2.0 400 Bad Request'))?.detail ?? '', /not a STUN message/);
  t.deepEqual(judge(encodeStun({ ...plain, class: 'error' })), { ok: false, detail: 'refused: no code' });
});

test('a port that nothing listens on is refused at once, not at the time limit', async (t) => {
  const closed = createSocket('udp4').bind(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address();
  closed.close();
  const begun = performance.now();
  for (const probe of [probeStunBinding, probeUdpEcho]) {
    const verdict = await probe({ host: '127.0.0.1', port, timeoutMs: 5000 });
    t.false(verdict.ok);
    t.is(verdict.detail, 'refused: nothing listens there');
  }
  t.true(performance.now() - begun < 2000);
});

test('a media port that echoes is serving; one that answers with something else is not', async (t) => {
  const echo = await server(t, (request) => [request]);
  const good = await probeUdpEcho({ ...echo, timeoutMs: 2000 });
  t.like(good, { ok: true, kind: 'udp', detail: '32 bytes came back' });
  const other = await server(t, (request) => [request.subarray(1)]);
  const bad = await probeUdpEcho({ ...other, timeoutMs: 300 });
  t.deepEqual(bad, { ok: false, kind: 'udp', latencyMs: null, detail: 'no answer within 300 ms' });
});
