import test, { type ExecutionContext } from 'ava';
import type { Incident } from '../../../agent/reconcile/incidents.ts';
import { createStepRecorder } from '../../../agent/reconcile/step-record.ts';
import type { Step } from '../../../agent/reconcile/steps.ts';
import type { NewEvent, RecordedEvent, Store } from '../../../agent/store/types.ts';
import { at, desire, healthy } from './world.ts';

/** The part of the store that a recorder uses, with what was written. */
function recorder(incidents: Map<string, Incident> = new Map()) {
  const rows: (NewEvent & Partial<RecordedEvent>)[] = [];
  const store = {
    record: (event: NewEvent) => rows.push(event) - 1,
    conclude: (id: number, outcome: Partial<RecordedEvent>) => {
      rows[id] = { ...(rows[id] as NewEvent), ...outcome };
      return true;
    },
  } as unknown as Store;
  return { rows, recorder: createStepRecorder(store, incidents) };
}
const start: Step = {
  kind: 'start-container',
  service: 'livekit',
  containerId: 'x',
  why: 'it exited with 1',
};
const load = { kind: 'make-secrets', why: 'none yet' } as const;
const clean = async (): Promise<Step> => ({
  kind: 'clean-conntrack',
  why: 'regular look',
  backends: desire(await healthy()).backends,
  backends6: new Map(),
});
const outcomes = (
  t: ExecutionContext,
  rows: readonly Partial<RecordedEvent>[],
  expected: readonly string[],
) =>
  t.deepEqual(
    rows.map(({ subject, result, resultDetail }) => `${subject} ${result} ${resultDetail}`.trim()),
    [...expected],
  );

test('what is done is written down before it begins, and how it ended after', (t) => {
  const { rows, recorder: steps } = recorder();
  const record = steps.begin(load, at(0));
  outcomes(t, rows, ['agent pending']);
  record.conclude('ok', 'made them', at(5));
  t.like(rows[0], { result: 'ok', action: 'made them', durationMs: 5 });
});

test('what fails again and again keeps one row', (t) => {
  const { rows, recorder: steps } = recorder();
  for (const ms of [0, 1_000, 2_000]) steps.begin(load, at(ms)).conclude('failed', 'disk full', at(ms + 1));
  outcomes(t, rows, ['agent failed disk full (attempt 3)']);
  steps.begin(load, at(3_000)).conclude('ok', 'made them', at(3_001));
  outcomes(t, rows, ['agent ok (attempt 4)']);
  steps.begin(load, at(4_000)).conclude('ok', 'made them', at(4_001));
  t.is(rows.length, 2);
});

test('routine leaves no row unless it fails', async (t) => {
  const { rows, recorder: steps } = recorder();
  steps.begin(await clean(), at(0)).conclude('ok', 'deleted 0', at(1));
  t.is(rows.length, 0);
  steps.begin(await clean(), at(0)).conclude('failed', 'no conntrack', at(1));
  outcomes(t, rows, ['firewall failed no conntrack']);
});

test('what heals a service is told in its incident, not beside it', (t) => {
  const incidents = new Map([
    ['livekit', { service: 'livekit', how: 'died' as const, eventId: 7, openedAtMs: 0, actions: [] }],
  ]);
  const { rows, recorder: steps } = recorder(incidents);
  steps.begin(start, at(0)).conclude('failed', 'no space', at(1));
  steps.begin(start, at(1_000)).conclude('ok', 'started it again', at(1_001));
  t.is(rows.length, 0);
  t.deepEqual(incidents.get('livekit')?.actions, ['an attempt failed: no space', 'started it again']);
});

test('a restart of the engine has a row of its own, and stands in the incidents that it heals', (t) => {
  const failed = (service: string) =>
    [service, { service, how: 'silent' as const, eventId: 7, openedAtMs: 0, actions: [] }] as const;
  const incidents = new Map<string, Incident>([failed('livekit'), failed('traefik')]);
  const { rows, recorder: steps } = recorder(incidents);
  const services = ['livekit', 'traefik'];
  steps
    .begin({ kind: 'restart-engine', subject: 'engine', services, why: 'it hangs' }, at(0))
    .conclude('ok', 'restarted the Docker Engine', at(5));
  outcomes(t, rows, ['engine ok']);
  for (const service of services)
    t.deepEqual(incidents.get(service)?.actions, ['restarted the Docker Engine']);
});
