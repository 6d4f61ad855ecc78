import test from 'ava';
import type { FirewallConfig, Management } from '../../../agent/config/firewall.ts';
import { convergence, createFakeNft } from '../../../agent/nftables/index.ts';
import { driftSince } from '../../../agent/reconcile/drift.ts';
import {
  currentTrial,
  NO_PERIMETER,
  type PerimeterRecord,
  perimeterInForce,
  planPerimeter,
  trialId,
  undecided,
} from '../../../agent/reconcile/perimeter.ts';
import { plan } from '../../../agent/reconcile/plan.ts';
import { at, config, desire, healthy, history, listingOf } from './world.ts';

const ssh: Management = { networks: 'any', ports: [{ protocol: 'tcp', port: 22 }] };
const vpn: Management = { networks: ['192.0.2.0/24'], ports: [{ protocol: 'udp', port: 51820 }] };
const asks = (mode: FirewallConfig['mode'], management: Management = ssh) => ({
  mode,
  management,
  trial: 300_000,
});
const onTrial = (management: Management, sinceMs = 0, bootId?: string): PerimeterRecord => ({
  ...NO_PERIMETER,
  trial: { management, since: at(sinceMs, bootId), lastsMs: 300_000 },
});
const kinds = (...args: Parameters<typeof planPerimeter>) => planPerimeter(...args).map(({ kind }) => kind);

test('publish and observe want nothing, and forget what was', (t) => {
  for (const mode of ['publish', 'observe'] as const) {
    t.deepEqual(kinds(asks(mode), NO_PERIMETER, at(0)), []);
    t.deepEqual(kinds(asks(mode), { ...NO_PERIMETER, confirmed: ssh }, at(0)), ['forget-perimeter']);
    t.deepEqual(perimeterInForce(asks(mode), { ...onTrial(ssh), confirmed: ssh }, at(1)), {
      confirmed: null,
      trial: null,
    });
  }
});

test('nothing is in force before a trial of it was written down', (t) => {
  t.deepEqual(perimeterInForce(asks('enforce'), NO_PERIMETER, at(0)), { confirmed: null, trial: null });
  t.deepEqual(planPerimeter(asks('enforce'), NO_PERIMETER, at(0)), [
    {
      kind: 'try-perimeter',
      why: 'firewall.mode is enforce, and this perimeter was not confirmed yet',
      management: ssh,
      lastsMs: 300_000,
    },
  ]);
});

test('a trial is in force until its time is up, beside what was confirmed', (t) => {
  const record = { ...onTrial(vpn), confirmed: ssh };
  const inForce = (ms: number) => perimeterInForce(asks('enforce', vpn), record, at(ms));
  t.like(inForce(1), { confirmed: ssh, trial: { management: vpn, secondsLeft: 300 } });
  t.like(inForce(299_999), { trial: { secondsLeft: 1 } });
  t.deepEqual(inForce(300_000), { confirmed: ssh, trial: null });
  t.deepEqual(kinds(asks('enforce', vpn), record, at(299_999)), []);
});

test('a trial whose time is up is rolled back, as one of another boot is, and is not tried again', (t) => {
  const late = planPerimeter(asks('enforce'), onTrial(ssh), at(300_000));
  t.like(late, [{ kind: 'roll-back-perimeter', why: 'it was not confirmed within 5min' }]);
  const rebooted = planPerimeter(asks('enforce'), onTrial(ssh, 0, 'boot-0'), at(10));
  t.like(rebooted, [
    { kind: 'roll-back-perimeter', why: 'the machine started anew before it was confirmed' },
  ]);
  t.is(currentTrial(asks('enforce'), onTrial(ssh, 0, 'boot-0'), at(10)), null);
  const rolledBack = { ...NO_PERIMETER, rolledBack: { management: ssh, at: at(0), why: '' } };
  t.deepEqual(kinds(asks('enforce'), rolledBack, at(1)), []);
  t.deepEqual(kinds(asks('enforce', vpn), rolledBack, at(1)), ['try-perimeter'], 'another one is tried');
});

test('what is confirmed needs nothing more, in whatever order it is written; what changes it is tried', (t) => {
  const both: Management = { networks: ['192.0.2.0/24', '198.51.100.0/24'], ports: ssh.ports };
  const record = { ...NO_PERIMETER, confirmed: both };
  const reversed = { ...both, networks: ['198.51.100.0/24', '192.0.2.0/24'] };
  t.deepEqual(kinds(asks('enforce', reversed), record, at(1)), []);
  t.deepEqual(kinds(asks('enforce', ssh), record, at(1)), ['try-perimeter']);
  t.deepEqual(perimeterInForce(asks('enforce', ssh), record, at(1)), { confirmed: both, trial: null });
});

test('a trial that the configuration no longer asks for is not in force; asked for again it goes on', (t) => {
  const record = { ...onTrial(vpn), confirmed: ssh };
  t.deepEqual(perimeterInForce(asks('enforce', ssh), record, at(1)), { confirmed: ssh, trial: null });
  t.deepEqual(kinds(asks('enforce', ssh), record, at(1)), []);
  t.like(perimeterInForce(asks('enforce', vpn), record, at(100_000)), { trial: { secondsLeft: 200 } });
});

test('every trial has an id of its own', (t) => {
  const ids = [onTrial(ssh), onTrial(vpn), onTrial(ssh, 5), onTrial(ssh, 0, 'boot-2')].map(
    ({ trial }) => trial && trialId(trial),
  );
  t.is(new Set(ids).size, 4);
});

test('somebody has to decide while it is observed, on trial or rolled back', (t) => {
  const firewall = (mode: FirewallConfig['mode']) => ({ ...config, firewall: asks(mode) });
  t.is(undecided(null, NO_PERIMETER), null);
  t.is(undecided(firewall('publish'), NO_PERIMETER), null);
  t.is(undecided(firewall('observe'), { ...NO_PERIMETER, confirmed: ssh }), ssh);
  t.is(undecided(firewall('enforce'), onTrial(ssh)), ssh);
  t.is(undecided(firewall('enforce'), { ...NO_PERIMETER, confirmed: ssh }), null);
});

test('the loop writes a trial down first, then the rules follow, and it wakes when the time is up', async (t) => {
  const machine = { ...(await healthy()), config: { ...config, firewall: asks('enforce') } };
  const steps = (past: typeof history, ms: number) => {
    const { steps, dueInMs } = plan(machine, desire(machine, past, at(ms)), past, at(ms));
    return { kinds: steps.map(({ kind }) => kind), dueInMs };
  };
  t.deepEqual(steps(history, 1_000).kinds, ['try-perimeter']);
  const past = { ...history, perimeter: onTrial(ssh, 1_000) };
  t.deepEqual(steps(past, 2_000).kinds, ['apply-table', 'clean-conntrack']);
  const { table } = desire(machine, past, at(2_000));
  t.regex(JSON.stringify(table), /"expireSeconds":299/);
  const applied = { ...machine, table: { ok: true as const, value: await listingOf(table) } };
  t.deepEqual(plan(applied, desire(applied, past, at(2_000)), past, at(2_000)), {
    steps: [],
    dueInMs: 299_000,
  });
});

test('a clock that ran out is no drift: nobody changed the table', async (t) => {
  const machine = { ...(await healthy()), config: { ...config, firewall: asks('enforce') } };
  const { table } = desire(machine, { ...history, perimeter: onTrial(ssh) }, at(1));
  const nft = createFakeNft();
  await nft.commit(convergence(table, null));
  const listing = await nft.list('inet', 'appliance');
  const clock = listing?.sets.find(({ name }) => name.endsWith('-clock'));
  if (listing === null || clock === undefined) return t.fail();
  t.is(clock.elements.length, 2);
  const elements = clock.elements.map(({ json }) => ({ key: json }));
  await nft.commit({
    family: 'inet',
    table: 'appliance',
    operations: [{ verb: 'delete', kind: 'element', name: clock.name, elements }],
  });
  const after = await nft.list('inet', 'appliance');
  t.is(after?.sets.find(({ name }) => name === clock.name)?.elements.length, 0);
  t.deepEqual(driftSince({ spec: table, listing }, after), []);
});
