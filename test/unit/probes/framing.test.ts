import test from 'ava';
import { datagramsIn, type Framing, lengthFraming, stunFraming } from '../../../agent/probes/framing.ts';
import { encodeStun, Method } from '../../../agent/probes/stun-message.ts';

const message = (software: string) =>
  encodeStun({
    class: 'request',
    method: Method.binding,
    transactionId: Buffer.alloc(12, 7),
    attributes: [{ type: 0x8022, value: Buffer.from(software) }],
  });

const FRAMINGS: readonly [string, Framing][] = [
  ['by its length', lengthFraming],
  ['by what a STUN message says of itself', stunFraming],
];

for (const [how, framing] of FRAMINGS) {
  test(`datagrams told apart ${how} come out whole, wherever the stream was cut`, (t) => {
    const datagrams = [message('first'), message('the second one'), message('')];
    const stream = Buffer.concat(datagrams.map((datagram) => framing.frame(datagram)));
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const before = datagramsIn(stream.subarray(0, cut), framing);
      const after = datagramsIn(Buffer.concat([before.rest, stream.subarray(cut)]), framing);
      t.deepEqual([...before.datagrams, ...after.datagrams], datagrams);
      t.is(after.rest.length, 0);
    }
  });
}

test('a length of RFC 4571 is two bytes, most significant first', (t) => {
  t.deepEqual(lengthFraming.frame(Buffer.alloc(0x0102)).subarray(0, 2), Buffer.from([1, 2]));
});
