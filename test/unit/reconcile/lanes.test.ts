import test from 'ava';
import { startable } from '../../../agent/reconcile/lanes.ts';
import type { Step } from '../../../agent/reconcile/steps.ts';
import { images } from './world.ts';

const start = (service: string): Step => ({ kind: 'start-container', service, containerId: 'x', why: '' });
const up = (...services: string[]): Step => ({
  kind: 'compose-up',
  services,
  rung: 'recreate',
  forceRecreate: false,
  turnAddresses: [],
  why: '',
});
const stack: Step = {
  kind: 'restart-stack',
  service: 'livekit',
  services: ['livekit', 'coturn'],
  turnAddresses: [],
  why: '',
};
const secrets: Step = { kind: 'make-secrets', why: '' };
const [image] = images;
const begun = (steps: readonly Step[], ...underWay: string[]) =>
  startable(steps, new Set(underWay)).map(({ kind }) => kind);

test('what works on different services may begin at once', (t) => {
  t.deepEqual(begun([start('livekit'), start('coturn')]), ['start-container', 'start-container']);
  t.deepEqual(begun([start('livekit'), up('coturn')]), ['start-container', 'compose-up']);
});

test('what works on the same service, or needs Compose, waits its turn', (t) => {
  t.deepEqual(begun([start('livekit')], 'livekit'), []);
  t.deepEqual(begun([up('livekit'), up('coturn')]), ['compose-up']);
  t.deepEqual(begun([up('coturn')], 'livekit', 'compose'), []);
  t.deepEqual(begun([start('coturn'), stack]), ['start-container']);
});

test('an image that is being loaded is not loaded twice', (t) => {
  if (image === undefined) return t.fail();
  const load: Step = { kind: 'load-image', image, why: '' };
  t.deepEqual(begun([load]), ['load-image']);
  t.deepEqual(begun([load], image.reference), []);
});

test('what does not last is in nobody’s way', (t) => {
  t.deepEqual(begun([secrets, up('livekit')], 'compose'), ['make-secrets']);
});
