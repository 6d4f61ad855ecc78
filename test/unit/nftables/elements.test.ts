import test from 'ava';
import fc from 'fast-check';
import { parseIpv4, parseIpv6 } from '../../../agent/nftables/addresses.ts';
import { meaningOf } from '../../../agent/nftables/datatypes.ts';
import { canonicalKey, keyFromJson, keysOverlap, keyToJson } from '../../../agent/nftables/elements.ts';

test('keys that mean the same have the same canonical text', (t) => {
  const same = (types: string[], a: (string | number)[], b: (string | number)[]) =>
    t.is(canonicalKey(types, a), canonicalKey(types, b), `${a} and ${b}`);
  same(['inet_proto', 'inet_service'], ['tcp', 7881], [6, 7881]);
  same(['inet_proto'], ['ipv6-icmp'], ['icmpv6']);
  same(['ipv6_addr'], ['fd00:0::0005'], ['fd00::5']);
  same(['ipv6_addr'], ['::ffff:1.2.3.4'], ['::ffff:102:304']);
  same(['ipv4_addr'], ['10.0.0.0/8'], ['10.0.0.0-10.255.255.255']);
  same(['ipv4_addr'], ['192.0.2.1/32'], ['192.0.2.1']);
  same(['inet_service'], ['80-80'], [80]);
});

test('keys that mean something else have another canonical text', (t) => {
  const other = (types: string[], a: (string | number)[], b: (string | number)[]) =>
    t.not(canonicalKey(types, a), canonicalKey(types, b), `${a} and ${b}`);
  other(['inet_proto'], ['tcp'], ['udp']);
  other(['ipv4_addr'], ['10.0.0.0/8'], ['10.0.0.0/9']);
  other(['ifname'], ['1-5'], ['1 - 5']);
  other(['inet_service', 'inet_service'], [1, 23], [12, 3]);
});

test('what is no value of a datatype is refused', (t) => {
  for (const [type, part] of [
    ['ipv4_addr', '10.0.0.300'],
    ['ipv4_addr', '10.0.0.1/8'],
    ['ipv4_addr', '10.0.0.0/33'],
    ['ipv4_addr', '10.0.0.9-10.0.0.1'],
    ['ipv4_addr', 'fd00::1'],
    ['ipv4_addr', '10.0.0.0/'],
    ['ipv6_addr', 'fe80::1%eth0'],
    ['ipv6_addr', '10.0.0.1'],
    ['inet_service', 65536],
    ['inet_service', -1],
    ['inet_service', 1.5],
    ['inet_service', 'http'],
    ['inet_service', '5-70000'],
    ['inet_proto', 256],
    ['inet_proto', 'quic'],
    ['mark', 2 ** 32],
    ['ifname', ''],
  ] as const) {
    t.is(meaningOf(type, part), null, `${type} ${part}`);
  }
});

test('every address is the number that it is, whatever its form', (t) => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const number = parseIpv6(text);
      const plain = parseIpv6(new URL(`http://[${text}]`).hostname.slice(1, -1));
      t.is(number, plain, text);
    }),
  );
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 32 - 1 }), (number) => {
      const text = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
      t.is(parseIpv4(text), BigInt(number));
      t.is(parseIpv6(`::${text}`), BigInt(number));
    }),
  );
});

test('keys overlap when one packet can match both', (t) => {
  const types = ['inet_proto', 'inet_service'];
  t.true(keysOverlap(types, ['udp', '1-5'], [17, '5-9']));
  t.false(keysOverlap(types, ['udp', '1-5'], ['tcp', '5-9']));
  t.false(keysOverlap(types, ['udp', '1-5'], ['udp', '6-9']));
  t.true(keysOverlap(['ipv4_addr'], ['10.0.0.0/8'], ['10.9.0.1']));
  t.true(keysOverlap(['ifname'], ['lo'], ['lo']));
  t.false(keysOverlap(['ifname'], ['lo'], ['eth0']));
});

test('a key is written in the JSON of nft and read back', (t) => {
  const cases = [
    { types: ['inet_service'], key: [80], json: 80 },
    { types: ['inet_proto', 'inet_service'], key: ['udp', 7882], json: { concat: ['udp', 7882] } },
    { types: ['ipv4_addr'], key: ['10.0.0.0/8'], json: { prefix: { addr: '10.0.0.0', len: 8 } } },
    { types: ['ipv4_addr'], key: ['10.0.0.1-10.0.0.9'], json: { range: ['10.0.0.1', '10.0.0.9'] } },
    {
      types: ['inet_proto', 'inet_service'],
      key: ['tcp', '1-5'],
      json: { concat: ['tcp', { range: [1, 5] }] },
    },
    { types: ['ifname'], key: ['br-appliance'], json: 'br-appliance' },
  ];
  for (const { types, key, json } of cases) {
    t.deepEqual<unknown, unknown>(keyToJson(types, key), json);
    t.deepEqual<unknown, unknown>(keyFromJson(json), key);
  }
});
