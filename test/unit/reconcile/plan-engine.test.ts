import test from 'ava';
import { plan } from '../../../agent/reconcile/plan.ts';
import type { History, Observed } from '../../../agent/reconcile/types.ts';
import type { Attempt } from '../../../agent/store/types.ts';
import { at, desire, healthy, history } from './world.ts';

const NOW = 10_000_000;

async function planFor(silentForMs: number, seen: Partial<Observed> = {}, past: Partial<History> = {}) {
  const observed: Observed = {
    ...(await healthy()),
    engine: { ok: false, why: 'no Docker Engine answers' },
    ...seen,
  };
  const known = {
    ...history,
    conntrackCleanedAt: at(NOW),
    engineSilentSince: at(NOW - silentForMs),
    ...past,
  };
  const { steps, dueInMs } = plan(observed, desire(observed), known, at(NOW));
  return { steps: steps.map((step) => `${step.kind}: ${step.why}`), dueInMs };
}
const tried = (rung: string, ms: number, subject = 'engine', boot = 'boot-1'): Attempt => ({
  subject,
  rung,
  at: at(ms, boot),
  ended: true,
});

test('an engine that does not answer is given 30 s, and then restarted', async (t) => {
  t.deepEqual(await planFor(29_000), { steps: [], dueInMs: 1_000 });
  t.deepEqual((await planFor(30_000)).steps, ['restart-engine: no Docker Engine answers']);
});

test('one that is starting is given five minutes', async (t) => {
  t.is((await planFor(299_000, { engineUnit: { kind: 'starting' } })).dueInMs, 1_000);
  t.is((await planFor(300_000, { engineUnit: { kind: 'starting' } })).steps.length, 1);
});

for (const engineUnit of [{ kind: 'stopped', atMonotonicMs: 0 }, { kind: 'none' }] as const) {
  test(`one whose unit is ${engineUnit.kind} is left alone`, async (t) => {
    t.deepEqual(await planFor(3_600_000, { engineUnit }), { steps: [], dueInMs: null });
  });
}

test('a restart that did not help is not repeated for a minute, and after two the slow beat is left', async (t) => {
  const after = (...moments: number[]) =>
    planFor(3_600_000, {}, { ledger: moments.map((ms) => tried('engine', ms)) });
  const waited = (await after(NOW - 10_000)).dueInMs ?? 0;
  t.true(waited >= 50_000 && waited <= 56_000);
  t.is((await after(NOW - 66_000)).steps.length, 1);
  t.deepEqual((await after(NOW - 500_000, NOW - 200_000)).steps, []);
  t.is((await after(NOW - 800_000, NOW - 330_000)).steps.length, 1);
});

test('while it is being restarted nothing else is begun', async (t) => {
  const { steps } = await planFor(3_600_000, {}, { underWay: new Set(['engine', 'compose']) });
  t.deepEqual(steps, []);
});

test('the machine is restarted last, if that is allowed, and not twice a day', async (t) => {
  const machine = await healthy();
  const healing = { ...desire(machine).healing, reboot: 'allowed' as const };
  const config = machine.config && { ...machine.config, healing };
  const spent = [tried('engine', NOW - 700_000), tried('engine', NOW - 600_000)];
  const kinds = async (ledger: readonly Attempt[]) =>
    (await planFor(3_600_000, { config }, { ledger })).steps.map((step) => step.split(':')[0]);
  t.deepEqual(await kinds(spent), ['reboot']);
  t.deepEqual(await kinds([tried('reboot', 5, 'machine', 'boot-0'), ...spent]), ['restart-engine']);
});
