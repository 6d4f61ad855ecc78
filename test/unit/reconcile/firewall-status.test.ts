import test from 'ava';
import { known } from '../../../agent/conditions/findings.ts';
import { convergence, createFakeNft, type FakeNft } from '../../../agent/nftables/index.ts';
import { firewallNow } from '../../../agent/reconcile/firewall-status.ts';
import type { Desired, History } from '../../../agent/reconcile/types.ts';
import { at, config, desire, healthy, history, listingOf } from './world.ts';

const now = (nft: FakeNft, desired: Desired | null, past: History = history) =>
  firewallNow({
    nft,
    desired,
    history: past,
    forwardPath: async () =>
      known({
        open: true,
        detail: 'accepted',
        rule: 'present',
        program: '/usr/sbin/iptables',
        inUse: [],
        ipv6: null,
      }),
    dockerProxies: known({ count: 0, pssBytes: 0, rssBytes: 0, ports: [] }),
    config,
    flows: [],
    now: at(0),
  });

async function running() {
  const desired = desire(await healthy());
  const nft = createFakeNft();
  await nft.commit(convergence(desired.table, null));
  const listing = await listingOf(desired.table);
  return { desired, nft, past: { ...history, applied: { spec: desired.table, listing } } };
}

test('what went through a port is told for both directions, and what was dropped', async (t) => {
  const { desired, nft, past } = await running();
  const place = { family: 'inet', table: 'appliance' } as const;
  nft.count({ ...place, counter: 'udp-7882-in', packets: 3, bytes: 300 });
  nft.count({ ...place, counter: 'udp-7882-out', packets: 5, bytes: 50 });
  nft.count({ ...place, counter: 'no-backend-dropped', packets: 2, bytes: 20 });
  const firewall = await now(nft, desired, past);
  t.like(firewall, { state: 'in-sync', differences: [], forwardPath: { open: true } });
  t.like(
    firewall?.published.find(({ port }) => port === 7882),
    {
      target: '172.30.5.2:7882',
      packets: 8,
      bytes: 350,
      in: { packets: 3, bytes: 300 },
      out: { packets: 5, bytes: 50 },
    },
  );
  t.like(firewall?.dropped[0], { packets: 2, bytes: 20 });
});

test('a table that was flushed, and an element that went, are told by name', async (t) => {
  const { desired, nft, past } = await running();
  await nft.commit({
    family: 'inet',
    table: 'appliance',
    operations: [
      { verb: 'delete', kind: 'element', name: 'dnat4', elements: [{ key: { concat: ['udp', 7882] } }] },
    ],
  });
  t.deepEqual((await now(nft, desired, past))?.differences, ['map dnat4: udp . 7882 is missing']);
  nft.flushRuleset();
  t.like(await now(nft, desired, past), {
    state: 'drifted',
    differences: ['table inet appliance is missing'],
  });
});

test('a rule that was replaced behind its comment is a difference too', async (t) => {
  const { desired, nft, past } = await running();
  const { applied } = past;
  const chains = applied.listing.chains.map((chain) =>
    chain.name === 'input'
      ? { ...chain, rules: chain.rules.map((rule) => ({ ...rule, expr: [{ accept: null }] })) }
      : chain,
  );
  const other: History = { ...past, applied: { ...applied, listing: { ...applied.listing, chains } } };
  t.deepEqual((await now(nft, desired, other))?.differences, [
    'a rule was replaced by another with the same comment',
  ]);
});

test('before it is known what should be, nothing is said', async (t) => {
  t.is(await now(createFakeNft(), null), null);
});
