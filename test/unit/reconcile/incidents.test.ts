import test from 'ava';
import { type IncidentInput, incidentChanges } from '../../../agent/reconcile/incidents.ts';
import type { NotedEvent } from '../../../agent/reconcile/types.ts';
import { at, container } from './world.ts';

const died = (changes: Partial<NotedEvent> = {}): NotedEvent => ({
  type: 'container',
  action: 'die',
  service: 'livekit',
  containerId: 'livekit-id',
  exitCode: 137,
  signal: null,
  timeNano: '1',
  kill: null,
  ...changes,
});
const serving = { ok: true, kind: 'http', latencyMs: 1, detail: '200 OK' } as const;
const running = container('livekit', 'g');
const calm: IncidentInput = {
  named: ['livekit'],
  services: ['livekit'],
  containers: [running],
  ranBefore: new Set(['livekit']),
  events: [],
  kills: new Map(),
  verdicts: new Map([['livekit', serving]]),
  silences: new Map(),
  holds: [],
  open: new Map(),
};
const open = new Map([
  ['livekit', { service: 'livekit', how: 'died', eventId: 1, openedAtMs: 0, actions: [] } as const],
]);

const causeOf = (input: Partial<IncidentInput>) =>
  incidentChanges({ ...calm, ...input }).map((change) =>
    change.kind === 'open' ? change.cause : change.kind,
  );

test('nothing happened, nothing is told', (t) => {
  t.deepEqual(incidentChanges(calm), []);
});

test('a process that was killed on the host is told apart from one killed through the engine', (t) => {
  t.deepEqual(causeOf({ events: [died()] }), [
    'it was ended by signal 9 (exit 137), sent from outside the engine',
  ]);
  const kill = { signal: 9, askedAt: at(0), diedAt: at(1) };
  const through = ['it was stopped or killed through the engine (signal 9)'];
  t.deepEqual(causeOf({ events: [died({ kill })] }), through);
  const exited = container('livekit', 'g', { state: 'exited', exitCode: 137 });
  t.deepEqual(causeOf({ containers: [exited], kills: new Map([['livekit-id', kill]]) }), through);
});

test('a crash and a lack of memory are told apart', (t) => {
  t.deepEqual(causeOf({ events: [died({ exitCode: 3 })] }), ['it exited with 3']);
  t.deepEqual(causeOf({ events: [died({ action: 'oom' }), died()] }), [
    'it was killed for lack of memory (out of memory)',
  ]);
});

test('a death whose event was missed is seen from the list', (t) => {
  const exited = container('livekit', 'g', { state: 'exited', exitCode: 1 });
  t.deepEqual(causeOf({ containers: [exited] }), ['it exited with 1']);
  t.deepEqual(causeOf({ containers: [] }), ['its container was removed']);
  t.deepEqual(causeOf({ containers: [], ranBefore: new Set() }), []);
});

test('many events of one fault are one incident', (t) => {
  t.is(incidentChanges({ ...calm, events: [died(), died({ timeNano: '2' })] }).length, 1);
  t.deepEqual(incidentChanges({ ...calm, events: [died()], open, verdicts: new Map() }), []);
});

test('an incident is over when the service answers again, not when it runs', (t) => {
  t.deepEqual(incidentChanges({ ...calm, open, verdicts: new Map() }), []);
  t.deepEqual(incidentChanges({ ...calm, open }), [
    {
      kind: 'close',
      service: 'livekit',
      action: "the engine's restart policy started it again",
      detail: 'serving: 200 OK',
    },
  ]);
});

test('what the agent did is told, with how often it tried', (t) => {
  const tried = {
    service: 'livekit',
    how: 'died' as const,
    eventId: 1,
    openedAtMs: 0,
    actions: ['an attempt failed: x', 'started it again'],
  };
  const [change] = incidentChanges({ ...calm, open: new Map([['livekit', tried]]) });
  t.like(change, { kind: 'close', action: 'started it again (2 attempts)' });
});

test('an incident is over when the configuration names its service no longer, and not while a step works on it', (t) => {
  t.deepEqual(incidentChanges({ ...calm, services: [], open }), []);
  const [change] = incidentChanges({ ...calm, named: ['coturn'], services: ['coturn'], open });
  t.like(change, { kind: 'close', service: 'livekit', action: 'none: the configuration names it no longer' });
});

test('a hold ends the incident', (t) => {
  const holds = [
    {
      service: 'livekit',
      since: at(0),
      reason: 'stopped by an operator (docker stop)',
      until: 'started' as const,
      forMs: null,
    },
  ];
  const [change] = incidentChanges({ ...calm, containers: [], verdicts: new Map(), open, holds });
  t.like(change, { kind: 'close', action: 'left as it is, on hold' });
});

test('a held service that is not there is no incident', (t) => {
  const holds = [
    { service: 'livekit', since: at(0), reason: 'an operator', until: 'started' as const, forMs: null },
  ];
  t.deepEqual(incidentChanges({ ...calm, containers: [], holds }), []);
});

test('a service that runs and ceases to answer is an incident; one that has just started may be silent', (t) => {
  const verdicts = new Map([
    ['livekit', { ok: false, kind: 'http', latencyMs: null, detail: 'no answer' } as const],
  ]);
  const silent = (served: boolean) => new Map([['livekit', { since: at(0), misses: 2, served }]]);
  t.deepEqual(causeOf({ verdicts, silences: silent(true) }), ['it runs but no longer answers']);
  t.deepEqual(causeOf({ verdicts, silences: silent(false) }), []);
});

test('a service that answers again without having been restarted is said to', (t) => {
  const silent = { service: 'livekit', how: 'silent', eventId: 1, openedAtMs: 0, actions: [] } as const;
  const [change] = incidentChanges({ ...calm, open: new Map([['livekit', silent]]) });
  t.like(change, { action: 'none was needed: it answers again' });
});
