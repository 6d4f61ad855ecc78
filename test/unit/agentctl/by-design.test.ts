import test from 'ava';
import { byDesign } from '../../../agent/agentctl/doctor/by-design.ts';
import { overallOf } from '../../../agent/agentctl/doctor/checks.ts';

test('what element-call does not do on purpose is a note with where to read on, and makes nothing worse', (t) => {
  const notes = byDesign('element-call');
  t.deepEqual(
    notes.map(({ check, state }) => [check, state]),
    [
      ['TURN over TLS', 'note'],
      ['Delayed events', 'note'],
    ],
  );
  t.true(notes.every(({ next }) => next !== null));
  t.is(overallOf(notes), 'ok');
});

test('of the demonstration there is nothing to say', (t) => {
  t.deepEqual(byDesign('embedded'), []);
});
