import test from 'ava';
import * as nft from '../../../agent/nftables/index.ts';
import { everything, withTarget } from './samples.ts';

interface Variation {
  readonly handle?: number;
  readonly packets?: number;
  readonly verdict?: string;
  readonly elements?: unknown[];
  readonly interfaces?: string[];
  readonly size?: number;
  readonly used?: number;
}

const listing = ({
  handle = 1,
  packets = 0,
  verdict = 'accept',
  elements = [1, 2],
  interfaces = ['a', 'b'],
  size,
  used = 0,
}: Variation) =>
  nft.parseListing({
    nftables: [
      { table: { family: 'inet', name: 'appliance', handle } },
      { counter: { name: 'n', packets, bytes: packets * 100 } },
      {
        set: {
          name: 's',
          type: 'inet_service',
          handle,
          elem: elements,
          ...(size === undefined ? {} : { size }),
        },
      },
      { quota: { name: 'q', handle, bytes: 10, used } },
      { chain: { name: 'c', handle, type: 'filter', hook: 'input', prio: 0, policy: 'accept' } },
      {
        rule: {
          chain: 'c',
          handle,
          comment: 'web 0123456789ab',
          expr: [
            { match: { op: '==', left: { meta: { key: 'iifname' } }, right: { set: interfaces } } },
            { counter: { packets, bytes: packets * 100 } },
            { [verdict]: null },
          ],
        },
      },
    ],
  });

test('handles, counts, quotas used and the order of elements have no meaning', (t) => {
  const one = listing({});
  t.true(
    nft.sameMeaning(
      one,
      listing({ handle: 9, packets: 5, used: 3, elements: [2, 1], interfaces: ['b', 'a'] }),
    ),
  );
});

test('a rule with another body, another element or another property of a set has another meaning', (t) => {
  const one = listing({});
  for (const variation of [
    { verdict: 'drop' },
    { elements: [1] },
    { elements: [1, 3] },
    { interfaces: ['a'] },
    { size: 2 },
  ]) {
    t.false(nft.sameMeaning(one, listing(variation)), JSON.stringify(variation));
  }
});

test('the order of rules has a meaning, that of objects has none', async (t) => {
  const listed = async (spec: nft.TableSpec) => {
    const fake = nft.createFakeNft();
    await fake.commit(nft.convergence(spec, null));
    const table = await fake.list('inet', 'appliance');
    if (table === null) throw new Error('the table was just made');
    return table;
  };
  const reversed = {
    ...everything,
    sets: everything.sets.toReversed(),
    chains: everything.chains.toReversed(),
  };
  t.true(nft.sameMeaning(await listed(everything), await listed(reversed)));
  t.false(nft.sameMeaning(await listed(everything), await listed(withTarget(everything, '172.30.5.9'))));
  const chains = everything.chains.map((chain) => ({ ...chain, rules: chain.rules.toReversed() }));
  t.false(nft.sameMeaning(await listed(everything), await listed({ ...everything, chains })));
});
