import test from 'ava';
import fc from 'fast-check';
import { decodeXorAddress, encodeXorAddress } from '../../../agent/probes/stun-address.ts';
import {
  longTermKey,
  shortTermKey,
  verifyFingerprint,
  verifyIntegrity,
} from '../../../agent/probes/stun-integrity.ts';
import {
  Attribute,
  attributeOf,
  decodeStun,
  encodeStun,
  errorCodeAttribute,
  errorCodeOf,
  Method,
  type StunMessage,
  textAttribute,
} from '../../../agent/probes/stun-message.ts';
import { AgentError } from '../../../agent/system/errors.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

// RFC 5769, sections 2.1 to 2.4. The password of the first three, and their transaction id.
const PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';
const TRANSACTION = hex('b7e7a701 bc34d686 fa87dfae');
const REQUEST = hex(`00010058 2112a442 b7e7a701 bc34d686 fa87dfae
  80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff 80290008 932ff9b1 51263b36
  00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf`);
const RESPONSE_V4 = hex(`0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220 00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96`);
const RESPONSE_V6 = hex(`01010048 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220 00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
  00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c`);
const LONG_TERM = hex(`00010060 2112a442 78ad3433 c6ad72c0 29da412e
  00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
  0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341
  0014000b 6578616d 706c652e 6f726700 00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666`);

test('the sample request of RFC 5769 is read: class, method, attributes, integrity, fingerprint', (t) => {
  const message = decodeStun(REQUEST);
  t.is(message.class, 'request');
  t.is(message.method, Method.binding);
  t.deepEqual(Buffer.from(message.transactionId), TRANSACTION);
  t.is(attributeOf(message, Attribute.software)?.toString(), 'STUN test client');
  t.is(attributeOf(message, Attribute.username)?.toString(), 'evtj:h6vY');
  t.is(attributeOf(message, Attribute.realm), null);
  t.true(verifyIntegrity(REQUEST, shortTermKey(PASSWORD)));
  t.true(verifyFingerprint(REQUEST));
});

test('the mapped addresses of the sample responses of RFC 5769 are read, IPv4 and IPv6', (t) => {
  for (const [bytes, address] of [
    [RESPONSE_V4, '192.0.2.1'],
    [RESPONSE_V6, '2001:db8:1234:5678:11:2233:4455:6677'],
  ] as const) {
    const message = decodeStun(bytes);
    t.is(message.class, 'success');
    const mapped = attributeOf(message, Attribute.xorMappedAddress);
    t.deepEqual(mapped && decodeXorAddress(mapped, message.transactionId), { address, port: 32853 });
    t.true(verifyIntegrity(bytes, shortTermKey(PASSWORD)));
    t.true(verifyFingerprint(bytes));
  }
});

test('the long-term credential of RFC 5769 verifies with its key, and with no other', (t) => {
  // The RFC gives the password before SASLprep; this is what SASLprep makes of it.
  const username = 'マトリックス';
  t.is(attributeOf(decodeStun(LONG_TERM), Attribute.username)?.toString(), username);
  t.true(verifyIntegrity(LONG_TERM, longTermKey(username, 'example.org', 'TheMatrIX')));
  t.false(verifyIntegrity(LONG_TERM, longTermKey(username, 'example.org', 'TheMatrix')));
  t.false(verifyFingerprint(LONG_TERM), 'it carries none');
});

test('a message encoded with the content of a sample of RFC 5769 is that sample but for its padding', (t) => {
  // The samples pad with spaces; this encoder, as RFC 8489 allows, with zeros: so the one without need of padding.
  const attributes = decodeStun(RESPONSE_V4).attributes.filter(
    ({ type }) => type === Attribute.xorMappedAddress,
  );
  const message: StunMessage = { class: 'success', method: 1, transactionId: TRANSACTION, attributes };
  const encoded = encodeStun(message, { key: shortTermKey(PASSWORD), fingerprint: true });
  t.deepEqual(encoded.subarray(20, 32), RESPONSE_V4.subarray(36, 48));
  t.true(verifyIntegrity(encoded, shortTermKey(PASSWORD)));
  t.true(verifyFingerprint(encoded));
  // Long-term: its padding is zeros, so every byte must agree.
  const { attributes: all, transactionId } = decodeStun(LONG_TERM);
  const request: StunMessage = {
    class: 'request',
    method: Method.binding,
    transactionId,
    attributes: all.filter(({ type }) => type !== Attribute.messageIntegrity),
  };
  const key = longTermKey('マトリックス', 'example.org', 'TheMatrIX');
  t.deepEqual(encodeStun(request, { key }), LONG_TERM);
});

test('one changed bit anywhere is noticed by the fingerprint, and before it by the integrity', (t) => {
  const key = shortTermKey(PASSWORD);
  for (let offset = 20; offset < RESPONSE_V4.length; offset++) {
    const damaged = Buffer.from(RESPONSE_V4);
    damaged[offset] = (damaged[offset] ?? 0) ^ 1;
    t.false(verifyFingerprint(damaged), `fingerprint, byte ${offset}`);
    if (offset < RESPONSE_V4.length - 8) t.false(verifyIntegrity(damaged, key), `integrity, byte ${offset}`);
  }
});

test('an error response carries its code and reason', (t) => {
  const bytes = encodeStun({
    class: 'error',
    method: Method.binding,
    transactionId: TRANSACTION,
    attributes: [errorCodeAttribute(438, 'Stale Nonce'), textAttribute(Attribute.realm, 'turn.example')],
  });
  const message = decodeStun(bytes);
  t.is(message.class, 'error');
  t.deepEqual(errorCodeOf(message), { code: 438, reason: 'Stale Nonce' });
  t.is(attributeOf(message, Attribute.realm)?.toString(), 'turn.example');
  t.is(errorCodeOf(decodeStun(REQUEST)), null);
});

test('what is no STUN message is refused with the reason', (t) => {
  const refused = (bytes: Buffer) =>
    t.throws(() => decodeStun(bytes), { instanceOf: AgentError, code: 'STUN_MALFORMED' });
  t.regex(refused(Buffer.from('HTTP/1.1 400'))?.message ?? '', /less than a header/);
  t.regex(refused(Buffer.alloc(20))?.message ?? '', /magic cookie/);
  t.regex(
    refused(hex(`80010000 2112a442 ${TRANSACTION.toString('hex')}`))?.message ?? '',
    /two most significant bits/,
  );
  t.regex(refused(REQUEST.subarray(0, 40))?.message ?? '', /announces 88 bytes, 20 follow/);
  t.regex(
    refused(hex(`00010004 2112a442 ${TRANSACTION.toString('hex')} 80220010`))?.message ?? '',
    /runs past the end/,
  );
});

test('every message survives encoding and decoding', (t) => {
  const attribute = fc.record({
    type: fc.integer({ min: 0, max: 0xffff }),
    value: fc.uint8Array({ maxLength: 40 }),
  });
  const message = fc.record({
    class: fc.constantFrom('request' as const, 'indication' as const, 'success' as const, 'error' as const),
    method: fc.integer({ min: 0, max: 0xfff }),
    transactionId: fc.uint8Array({ minLength: 12, maxLength: 12 }),
    attributes: fc.array(attribute, { maxLength: 6 }),
  });
  fc.assert(
    fc.property(message, (original) => {
      const decoded = decodeStun(encodeStun(original));
      const plain = (each: StunMessage) => ({
        ...each,
        transactionId: [...each.transactionId],
        attributes: each.attributes.map(({ type, value }) => ({ type, value: [...value] })),
      });
      t.deepEqual(plain(decoded), plain(original));
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('no sequence of bytes does worse than being refused', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (random, withHeader) => {
      const bytes = Buffer.from(random);
      if (withHeader && bytes.length >= 20) {
        bytes.writeUInt16BE(0x0101, 0);
        bytes.writeUInt16BE(bytes.length - 20, 2);
        bytes.writeUInt32BE(0x2112a442, 4);
      }
      verifyFingerprint(bytes);
      verifyIntegrity(bytes, shortTermKey(PASSWORD));
      try {
        decodeStun(bytes);
      } catch (error) {
        t.is(error instanceof AgentError ? error.code : error, 'STUN_MALFORMED');
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('every address survives the exclusive or', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.constantFrom('::', '::1', 'fe80::1', '2001:db8::8:800:200c:417a', '1::', '2001:db8:1:2:3:4:5:6'),
      ),
      fc.integer({ min: 0, max: 65535 }),
      (address, port) => {
        const encoded = encodeXorAddress({ address, port }, TRANSACTION);
        t.deepEqual(decodeXorAddress(encoded, TRANSACTION), { address, port });
      },
    ),
  );
  t.deepEqual(
    encodeXorAddress({ address: '::ffff:192.0.2.1', port: 1 }, TRANSACTION),
    encodeXorAddress({ address: '::ffff:c000:201', port: 1 }, TRANSACTION),
  );
  t.throws(() => encodeXorAddress({ address: 'turn.example', port: 1 }, TRANSACTION), {
    message: /not an IP address/,
  });
  t.throws(() => decodeXorAddress(Buffer.from([0, 1, 0, 0]), TRANSACTION), { code: 'STUN_MALFORMED' });
  t.throws(() => decodeXorAddress(Buffer.alloc(8), TRANSACTION), { code: 'STUN_MALFORMED' });
});
