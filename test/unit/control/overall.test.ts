import test from 'ava';
import { overall } from '../../../agent/control/overall.ts';

test('the worst problem decides, and a note does not count', (t) => {
  t.is(overall([], 'done', []), 'ok');
  t.is(overall([{ severity: 'info' }], 'done', []), 'ok');
  t.is(overall([{ severity: 'info' }, { severity: 'degraded' }], 'done', []), 'degraded');
  t.is(overall([{ severity: 'degraded' }, { severity: 'critical' }], 'done', []), 'critical');
});

test('an appliance that is being set up is degraded; one whose set-up failed is critical', (t) => {
  t.is(overall([], 'running', []), 'degraded');
  t.is(overall([{ severity: 'critical' }], 'running', []), 'critical');
  t.is(overall([], 'failed', []), 'critical');
});

test('a service that does not run is degraded before anything is a problem; one that is held, or that nobody can see, is not', (t) => {
  t.is(overall([], 'done', [{ state: 'running' }, { state: 'absent' }]), 'degraded');
  t.is(overall([], 'done', [{ state: 'restarting' }]), 'degraded');
  t.is(overall([], 'done', [{ state: 'running' }, { state: 'held' }, { state: 'unknown' }]), 'ok');
});
