import { resolve } from 'node:path';
import test from 'ava';
import { known } from '../../../agent/conditions/findings.ts';
import type { Facts } from '../../../agent/conditions/types.ts';
import { DEFAULT_CONFIG } from '../../../agent/config/schema.ts';
import { CONFIGURABLE_SERVICES } from '../../../agent/config/services.ts';
import { loadProfiles } from '../../../agent/hardware/load-profiles.ts';
import { DEFAULT_BUDGETS, mergeBudgets } from '../../../agent/probes/budgets.ts';
import { budgetsFor } from '../../../agent/reconcile/budgets-for.ts';
import { LIVEKIT, LK_JWT, TRAEFIK, TUWUNEL } from '../../../agent/stack/element-call/names.ts';
import { embeddedStack } from '../../../agent/stack/embedded/stack.ts';
import { well } from '../conditions/well.ts';

const unseen: Facts['hardware'] = { known: false, why: 'the hardware is being looked at' };
if (!well.hardware.known) throw new Error('the hardware of an appliance that is well is known');
const slowBoard = known({
  ...well.hardware.value,
  probes: mergeBudgets({ startup: 120_000, liveness: 30_000 }),
});

test('what is written about a service goes before what is written about all, and that before the profile', (t) => {
  const { healing } = DEFAULT_CONFIG;
  const nothing = { healing, services: {} };
  t.deepEqual(budgetsFor('livekit', nothing, unseen), DEFAULT_BUDGETS);
  t.like(budgetsFor('livekit', nothing, slowBoard), { startup: 120_000, liveness: 30_000, interval: 10_000 });
  const all = { healing: { ...healing, startLimit: 40_000 }, services: { livekit: { startup: 50_000 } } };
  t.like(budgetsFor('coturn', all, slowBoard), { startup: 40_000, liveness: 30_000 });
  t.like(budgetsFor('livekit', all, slowBoard), { startup: 50_000, liveness: 30_000 });
});

test('while the machine slows itself down, for heat or want of power, twice as long is waited', (t) => {
  const { healing } = DEFAULT_CONFIG;
  const config = { healing, services: { coturn: { liveness: 20_000 } } };
  const slowBoardThat = (changes: Partial<(typeof slowBoard)['value']>) =>
    known({ ...slowBoard.value, ...changes });
  const hot = slowBoardThat({ temperature: { now: 80, high: 80, critical: null } });
  t.like(budgetsFor('livekit', config, hot), { startup: 240_000, liveness: 60_000, interval: 10_000 });
  t.like(budgetsFor('coturn', config, slowBoardThat({ underVoltage: true })), { liveness: 40_000 });
  t.like(budgetsFor('coturn', config, slowBoardThat({ throttled: true })), { liveness: 40_000 });
  const unknown = slowBoardThat({ temperature: { now: 99, high: null, critical: null }, underVoltage: null });
  t.like(budgetsFor('livekit', config, unknown), { liveness: 30_000 });
});

test('something can be said of every service of either stack', (t) => {
  const embedded = embeddedStack.services(DEFAULT_CONFIG).map(({ name }) => name);
  t.deepEqual(
    new Set<string>(CONFIGURABLE_SERVICES),
    new Set([...embedded, LIVEKIT, 'coturn', LK_JWT, TUWUNEL, TRAEFIK]),
  );
});

test('generic says what holds without any profile, and no profile of the release is less patient', async (t) => {
  const { profiles } = await loadProfiles({
    shipped: resolve(import.meta.dirname, '../../../firmware-profiles'),
    overrides: '/nonexistent',
  });
  t.deepEqual(profiles.find(({ name }) => name === 'generic')?.probes, DEFAULT_BUDGETS);
  for (const { name, probes } of profiles) {
    const budgets = mergeBudgets(probes);
    t.true(budgets.startup >= DEFAULT_BUDGETS.startup && budgets.liveness >= DEFAULT_BUDGETS.liveness, name);
  }
  t.like(profiles.find(({ name }) => name === 'pc-engines-apu2')?.probes, {
    startup: 90_000,
    timeout: 2_000,
  });
});
