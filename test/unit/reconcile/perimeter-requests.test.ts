import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Management } from '../../../agent/config/firewall.ts';
import { trialNames } from '../../../agent/firewall/perimeter.ts';
import { convergence, createFakeNft } from '../../../agent/nftables/index.ts';
import { createMemory } from '../../../agent/reconcile/memory.ts';
import { trialId } from '../../../agent/reconcile/perimeter.ts';
import { createPerimeterChanges } from '../../../agent/reconcile/perimeter-changes.ts';
import { perimeterRequests } from '../../../agent/reconcile/perimeter-requests.ts';
import { connect } from '../../../agent/store/connection.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import { handClock, openAt, temporaryFolder } from '../store/_fixtures.ts';
import { config, desire, healthy } from './world.ts';

const ssh: Management = { networks: 'any', ports: [{ protocol: 'tcp', port: 22 }] };
const firewall = { mode: 'enforce', management: ssh, trial: 300_000 } as const;

/** An agent's memory, its rules, and what an operator may ask; `path` to open the same again. */
function agent(t: ExecutionContext, path = join(temporaryFolder(t), 'state.db')) {
  const clock = handClock();
  const store = openAt(path, clock);
  const memory = createMemory(store, clock.now());
  const nft = createFakeNft();
  let woken = 0;
  const requests = perimeterRequests({ clock, store, memory, nft, wake: () => (woken += 1) });
  const changes = createPerimeterChanges(memory, clock);
  return {
    ...{ path, clock, store, memory, nft, requests, changes, woken: () => woken },
    record: () => memory.history().perimeter,
    /** What the loop does after a trial was written down. */
    async apply() {
      const machine = { ...(await healthy()), config: { ...config, firewall } };
      const { table } = desire(machine, memory.history(), clock.now());
      await nft.commit(convergence(table, await nft.list('inet', 'appliance')));
    },
    comeIn() {
      const { trial } = memory.history().perimeter;
      if (trial === null) throw new Error('nothing is on trial');
      const counter = trialNames(trialId(trial)).admitted;
      nft.count({ family: 'inet', table: 'appliance', counter, packets: 1, bytes: 60 });
    },
  };
}

const refusal = async (t: ExecutionContext, asked: Promise<unknown>) =>
  (await t.throwsAsync(asked, { instanceOf: AgentError }))?.code;

test('a trial is confirmed once somebody has come in by a new connection, and survives the agent', async (t) => {
  const { requests, changes, record, apply, comeIn, woken, store, path } = agent(t);
  t.is(await refusal(t, requests.confirmPerimeter({ unproven: false })), 'NO_PERIMETER_ON_TRIAL');
  changes.begin(ssh, 300_000);
  t.is(
    await refusal(t, requests.confirmPerimeter({ unproven: true })),
    'NO_PERIMETER_ON_TRIAL',
    'not applied',
  );
  await apply();
  t.is(await refusal(t, requests.confirmPerimeter({ unproven: false })), 'PERIMETER_UNPROVEN');
  t.is(record().confirmed, null);
  comeIn();
  t.regex((await requests.confirmPerimeter({ unproven: false })).message, /22\/tcp from anywhere/);
  t.deepEqual(record(), { confirmed: ssh, trial: null, rolledBack: null });
  t.is(woken(), 1);
  t.is(store.events({ limit: 1 })[0]?.kind, 'perimeter-confirmed');
  store.close();
  t.deepEqual(agent(t, path).record().confirmed, ssh);
});

test('at the console it can be confirmed unproven', async (t) => {
  const { requests, changes, record, apply } = agent(t);
  changes.begin(ssh, 300_000);
  await apply();
  await requests.confirmPerimeter({ unproven: true });
  t.deepEqual(record().confirmed, ssh);
});

test('a trial whose time is up cannot be confirmed any more', async (t) => {
  const { requests, changes, record, apply, comeIn, clock } = agent(t);
  changes.begin(ssh, 300_000);
  await apply();
  comeIn();
  clock.advance(300_000);
  t.is(await refusal(t, requests.confirmPerimeter({ unproven: true })), 'NO_PERIMETER_ON_TRIAL');
  t.is(record().confirmed, null);
});

test('an operator rolls back, and may try again', async (t) => {
  const { requests, changes, record, apply, woken } = agent(t);
  t.is(await refusal(t, requests.rollBackPerimeter()), 'NO_PERIMETER_ON_TRIAL');
  t.is(await refusal(t, requests.tryPerimeter()), 'NO_PERIMETER_ROLLED_BACK');
  changes.begin(ssh, 300_000);
  await apply();
  await requests.rollBackPerimeter();
  t.like(record(), { trial: null, rolledBack: { management: ssh, why: 'an operator asked for it' } });
  await requests.tryPerimeter();
  t.is(record().rolledBack, null);
  t.is(woken(), 2);
});

test('a trial that cannot be written down does not begin, and a confirmation does not count', (t) => {
  const { changes, record, memory, clock } = agent(t);
  const forgetful = createPerimeterChanges(
    { ...memory, perimeter: (next) => memory.perimeter(next) && false },
    clock,
  );
  t.like(
    t.throws(() => forgetful.begin(ssh, 300_000)),
    { code: 'PERIMETER_NOT_RECORDED' },
  );
  t.is(record().trial, null);
  changes.begin(ssh, 300_000);
  t.like(
    t.throws(() => forgetful.confirm(ssh)),
    { code: 'PERIMETER_NOT_RECORDED' },
  );
  t.like(record(), { confirmed: null, trial: { management: ssh } });
});

test('what only lives in memory is told as such', (t) => {
  const { path, store } = agent(t);
  store.close();
  const file = connect(path);
  file.pragma('user_version = 9999');
  file.close();
  const { memory, store: newer } = agent(t, path);
  t.is(newer.condition.state, 'newer');
  t.false(memory.perimeter(memory.history().perimeter));
});
