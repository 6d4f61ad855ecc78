import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { udpPath } from '../../../../agent/probes/datagram-path.ts';
import { checkPath } from '../../../../agent/probes/media/check-path.ts';
import { makeCredentials } from '../../../../agent/probes/media/session-description.ts';
import { encodeXorAddress } from '../../../../agent/probes/stun-address.ts';
import { shortTermKey, verifyFingerprint, verifyIntegrity } from '../../../../agent/probes/stun-integrity.ts';
import { Attribute, attributeOf, decodeStun, encodeStun } from '../../../../agent/probes/stun-message.ts';

const session = { ours: makeCredentials(), theirs: makeCredentials(), weControl: false };

/** A peer on the loopback; `answerWith` is the password that its answers are made with, null for silence. */
async function peer(t: ExecutionContext, answerWith: (count: number) => string | null) {
  const socket = createSocket('udp4');
  const requests: Buffer[] = [];
  socket.on('message', (request, from) => {
    requests.push(request);
    const password = answerWith(requests.length);
    if (password === null) return;
    const { method, transactionId } = decodeStun(request);
    const attributes = [{ type: Attribute.xorMappedAddress, value: encodeXorAddress(from, transactionId) }];
    // DTLS on the same port is nobody's answer.
    socket.send(Buffer.from([22, 254, 253, 0]), from.port, from.address);
    socket.send(
      encodeStun(
        { class: 'success', method, transactionId, attributes },
        { key: shortTermKey(password), fingerprint: true },
      ),
      from.port,
      from.address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  return { open: udpPath({ address: '127.0.0.1', port: socket.address().port }), requests };
}

test('a peer that knows its password completes the checks; each names both sides and is protected', async (t) => {
  const { open, requests } = await peer(t, () => session.theirs.password);
  const verdict = await checkPath(open, session, 2000);
  t.true(verdict.ok, verdict.detail);
  t.true(verdict.roundTripMs !== null && verdict.roundTripMs < 500);
  t.is(requests.length, 3);
  for (const request of requests) {
    const name = attributeOf(decodeStun(request), Attribute.username)?.toString();
    t.is(name, `${session.theirs.ufrag}:${session.ours.ufrag}`);
    t.true(verifyIntegrity(request, shortTermKey(session.theirs.password)));
    t.true(verifyFingerprint(request));
    t.not(attributeOf(decodeStun(request), 0x8029), null, 'we are controlled');
  }
});

test('who answers without knowing the password is not the SFU', async (t) => {
  const { open } = await peer(t, () => 'some other password');
  const verdict = await checkPath(open, session, 2000);
  t.false(verdict.ok);
  t.regex(verdict.detail, /^what answered does not know the password/);
});

test('a lost check is sent again, and its round trip is not counted', async (t) => {
  const { open, requests } = await peer(t, (count) => (count === 1 ? null : session.theirs.password));
  const verdict = await checkPath(open, session, 3000);
  t.true(verdict.ok, verdict.detail);
  t.is(requests.length, 4);
  t.true((verdict.roundTripMs ?? 1000) < 400);
});

test('silence is told within the time limit, and a closed port at once', async (t) => {
  const { open } = await peer(t, () => null);
  t.deepEqual(await checkPath(open, session, 300), {
    ok: false,
    roundTripMs: null,
    detail: '0 of 3 checks answered within 300 ms',
  });
  const closed = createSocket('udp4').bind(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address();
  closed.close();
  const refused = await checkPath(udpPath({ address: '127.0.0.1', port }), session, 2000);
  t.is(refused.detail, 'refused: nothing listens there');
});
