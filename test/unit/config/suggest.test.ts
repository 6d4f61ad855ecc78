import test from 'ava';
import fc from 'fast-check';
import { editDistance, nearest } from '../../../agent/config/suggest.ts';

test('the distance counts insertions, deletions, substitutions and swaps of neighbours', (t) => {
  t.deepEqual(
    [
      ['realm', 'realm'],
      ['relam', 'realm'],
      ['relm', 'realm'],
      ['realms', 'realm'],
      ['kitten', 'sitting'],
      ['', 'turn'],
    ].map(([from = '', to = '']) => editDistance(from, to)),
    [0, 1, 1, 1, 3, 4],
  );
});

test('the distance is the same both ways, and nothing only for equal texts', (t) => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      return distance === editDistance(b, a) && (distance === 0) === (a === b);
    }),
  );
  t.pass();
});

test('only what is near is suggested, the nearest first', (t) => {
  t.is(nearest('relayport', ['realm', 'relayPorts']), 'relayPorts');
  t.is(nearest('STACK', ['stack', 'turn']), 'stack');
  t.is(nearest('colour', ['stack', 'network', 'turn']), null);
  t.is(nearest('x', []), null);
});
