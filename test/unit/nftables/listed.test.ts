import { readFileSync } from 'node:fs';
import test from 'ava';
import * as nft from '../../../agent/nftables/index.ts';

/** Listings of one table full of what this library never makes, by two versions of nft. */
const foreign = (version: string): unknown =>
  JSON.parse(readFileSync(new URL(`./listings/foreign-${version}.json`, import.meta.url), 'utf8'));

for (const version of ['1.0.6', '1.1.3']) {
  test(`the listing of nft ${version} is read, what is not known as well`, (t) => {
    const table = nft.parseListing(foreign(version));
    t.deepEqual([table.family, table.name, table.flagged], ['inet', 'appliance', false]);
    t.deepEqual(
      table.others.map(({ type, name }) => `${type} ${name}`),
      ['ct helper h', 'quota q', 'limit lm'],
    );
    t.deepEqual(table.counters, [{ name: 'cc', packets: 0, bytes: 0 }]);
    t.deepEqual(
      table.chains.map(({ name, base, rules }) => [name, base, rules.length]),
      [
        ['zz', null, 0],
        ['c', null, 3],
        ['m', null, 5],
      ],
    );
    t.deepEqual(table.chains[1]?.rules[0]?.id, null);
  });

  test(`elements that nft ${version} wraps are unwrapped`, (t) => {
    const { sets, maps } = nft.parseListing(foreign(version));
    const dyn = sets.find(({ name }) => name === 'dyn');
    t.deepEqual(dyn?.elements, [{ key: ['9.9.9.9'], value: null, json: '9.9.9.9' }]);
    t.true(dyn?.flags.includes('timeout'));
    t.deepEqual(dyn?.options, { size: 12, timeout: 300 });
    const concatenated = maps.find(({ name }) => name === 'cm');
    t.is(concatenated?.map, 'ipv4_addr . inet_service');
    t.deepEqual(concatenated?.elements[0]?.key, ['udp', 22]);
    t.is(maps.find(({ name }) => name === 'vm')?.elements[0]?.value, '{"jump":{"target":"zz"}}');
  });
}

const listing = (...objects: unknown[]) => ({
  nftables: [
    { metainfo: { version: '1.0.6' } },
    { table: { family: 'inet', name: 'appliance', handle: 1 } },
    ...objects,
  ],
});

test('the hook of a chain, and the identity of its rules in their order, are read', (t) => {
  const chain = {
    family: 'inet',
    table: 'appliance',
    name: 'in',
    handle: 1,
    type: 'filter',
    hook: 'input',
    prio: -10,
    policy: 'drop',
  };
  const rule = (handle: number, comment?: string) => ({
    rule: { chain: 'in', handle, comment, expr: [{ accept: null }] },
  });
  const [read] = nft.parseListing(listing({ chain }, rule(7, 'web 0123456789ab'), rule(3))).chains;
  t.deepEqual(read?.base, { type: 'filter', hook: 'input', priority: -10, policy: 'drop' });
  t.deepEqual(read?.rules, [
    { handle: 7, comment: 'web 0123456789ab', id: 'web', hash: '0123456789ab', expr: [{ accept: null }] },
    { handle: 3, comment: null, id: null, hash: null, expr: [{ accept: null }] },
  ]);
});

test('a table with flags is marked, whichever form the flags have', (t) => {
  for (const flags of ['dormant', ['owner', 'persist'], 'inet_proto']) {
    t.true(nft.parseListing({ nftables: [{ table: { family: 'inet', name: 'x', flags } }] }).flagged);
  }
});

test('what is no listing of a table is refused, not guessed at', (t) => {
  const table = { family: 'inet', name: 'x' };
  for (const wrong of [
    null,
    [],
    {},
    { nftables: {} },
    { nftables: [{ metainfo: {} }] },
    { nftables: [{ table: { family: 'bridge', name: 'x' } }] },
    { nftables: [{ table }, { chain: { hook: 'input' } }] },
    { nftables: [{ table }, { counter: { name: 'c' } }] },
    { nftables: [{ table }, { quota: 5 }] },
  ]) {
    t.throws(
      () => nft.parseListing(wrong),
      { instanceOf: nft.NftError, code: 'NFT_LISTING_UNREADABLE' },
      JSON.stringify(wrong),
    );
  }
});
