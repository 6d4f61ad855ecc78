import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { EVENT_FILTERS, eventKey, parseEvent, toEvent, toSince } from '../../../agent/engine/events.ts';

/** What Docker Engine 20.10.24 told while the stack came up, livekit was killed with `kill -9` and coturn stopped. */
const lines = (await readFile(join(import.meta.dirname, 'recorded', 'events.jsonl'), 'utf8'))
  .split('\n')
  .filter((line) => line !== '');
const answers = lines.map((line) => parseEvent(line, 'recorded'));

test('a recorded bring-up, death and stop is told in its order, of the project only', (t) => {
  const events = answers.flatMap((answer) => toEvent(answer, 'appliance') ?? []);
  t.deepEqual(
    events.map(({ type, action, service }) => [type, action, service]),
    [
      ['network', 'create', null],
      ['container', 'create', 'coturn'],
      ['container', 'create', 'livekit'],
      ['network', 'connect', null],
      ['container', 'start', 'coturn'],
      ['container', 'start', 'livekit'],
      ['container', 'die', 'livekit'],
      ['network', 'disconnect', null],
      ['network', 'connect', null],
      ['container', 'start', 'livekit'],
      ['container', 'kill', 'coturn'],
      ['container', 'die', 'coturn'],
      ['container', 'stop', 'coturn'],
    ],
  );
});

test('a death carries its exit code, a kill its signal, and nothing else carries either', (t) => {
  const events = answers.flatMap((answer) => toEvent(answer, 'appliance') ?? []);
  for (const { action, exitCode, signal } of events) {
    t.is(exitCode, action === 'die' ? 137 : null);
    t.is(signal, action === 'kill' ? 9 : null);
  }
});

test('an attachment to the network names its container', (t) => {
  const events = answers.flatMap((answer) => toEvent(answer, 'appliance') ?? []);
  const started = events.find(({ action, service }) => action === 'start' && service === 'livekit');
  const connected = events.find(({ action }) => action === 'connect');
  t.is(connected?.containerId, started?.containerId);
});

test('the same events say nothing to another project', (t) => {
  t.deepEqual(
    answers.flatMap((answer) => toEvent(answer, 'appl') ?? []),
    [],
  );
});

test('the time of an event keeps all its digits', (t) => {
  for (const [index, { timeNano }] of answers.entries()) {
    t.true(lines[index]?.endsWith(`"timeNano":${timeNano}}`));
    t.not(String(Number(timeNano)), `${timeNano}0`);
  }
  t.is(
    parseEvent('{"Type":"x","Action":"y","Actor":{"ID":"z"},"timeNano":1795355523322592653}', '').timeNano,
    '1795355523322592653',
  );
});

test('every recorded event has a key of its own, and the same event always the same', (t) => {
  t.is(new Set(answers.map(eventKey)).size, answers.length);
  t.deepEqual(
    lines.map((line) => eventKey(parseEvent(line, 'again'))),
    answers.map(eventKey),
  );
});

test('a time is handed back to the engine in seconds and nine digits', (t) => {
  t.is(toSince('1795355523322592653'), '1795355523.322592653');
  t.is(toSince('1795355523000000001'), '1795355523.000000001');
  t.is(toSince('5'), '0.000000005');
});

test('the engine is asked for whole containers and networks, and spared health checks', (t) => {
  const { type, event, label } = JSON.parse(EVENT_FILTERS);
  t.deepEqual(Object.keys(type), ['container', 'network']);
  t.true(event.die && event.oom && event.disconnect);
  t.is(event.exec_start, undefined);
  t.is(label, undefined);
});
