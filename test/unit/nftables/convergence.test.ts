import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import * as nft from '../../../agent/nftables/index.ts';
import { tables } from './arbitraries.ts';
import { beginning, transactions } from './operations.ts';
import { everything, withRules, withTarget } from './samples.ts';

const words = (transaction: nft.Transaction) =>
  transaction.operations.map((operation) => {
    const name = operation.kind === 'rule' ? operation.chain : 'name' in operation ? operation.name : '';
    return `${operation.verb} ${operation.kind} ${name}`.trim();
  });

async function made(spec: nft.TableSpec): Promise<nft.FakeNft> {
  const fake = nft.createFakeNft();
  await fake.commit(nft.convergence(spec, null));
  return fake;
}

test('from whatever is there, one transaction leads to the table, and a second is empty', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.option(tables()),
      fc.array(transactions(), { maxLength: 6 }),
      tables(),
      async (first, mess, spec) => {
        const fake = nft.createFakeNft();
        await fake.commit(first === null ? beginning : nft.convergence(first, null));
        for (const transaction of mess)
          await fake.commit(transaction).catch((error: unknown) => t.true(error instanceof nft.NftError));
        const listed = await fake.list('inet', 'appliance');
        const transaction = nft.convergence(spec, listed);
        t.is(nft.differences(spec, listed).length === 0, nft.isEmpty(transaction));
        await fake.commit(transaction);
        const after = await fake.list('inet', 'appliance');
        t.deepEqual(nft.differences(spec, after), []);
        t.deepEqual(words(nft.convergence(spec, after)), []);
      },
    ),
    { seed: 1, numRuns: 300, includeErrorInReport: true },
  );
});

test('counters that stay keep their values, whatever else changes', async (t) => {
  await fc.assert(
    fc.asyncProperty(tables(), tables(), fc.boolean(), async (first, second, anew) => {
      const fake = await made(first);
      for (const counter of first.counters)
        fake.count({ family: 'inet', table: 'appliance', counter, packets: 7, bytes: 9 });
      const listed = await fake.list('inet', 'appliance');
      await fake.commit(anew ? nft.replacement(second, listed) : nft.convergence(second, listed));
      const counters = (await fake.list('inet', 'appliance'))?.counters ?? [];
      t.deepEqual(
        counters.map(({ name, packets }) => [name, packets]).sort(),
        second.counters.map((name) => [name, first.counters.includes(name) ? 7 : 0]).sort(),
      );
    }),
    { seed: 2, numRuns: 200, includeErrorInReport: true },
  );
});

test('a replacement leads to the table too, from whatever is there', async (t) => {
  await fc.assert(
    fc.asyncProperty(tables(), tables(), async (first, second) => {
      const fake = await made(first);
      await fake.commit(nft.replacement(second, await fake.list('inet', 'appliance')));
      t.deepEqual(nft.differences(second, await fake.list('inet', 'appliance')), []);
    }),
    { seed: 3, numRuns: 200, includeErrorInReport: true },
  );
});

test('a changed target is one deletion and one addition, in this order', async (t) => {
  const fake = await made(everything);
  const { operations } = nft.convergence(
    withTarget(everything, '172.30.5.9'),
    await fake.list('inet', 'appliance'),
  );
  const key = { concat: ['udp', 7882] };
  t.deepEqual<unknown, unknown>(operations, [
    { verb: 'delete', kind: 'element', name: 'targets', elements: [{ key }] },
    { verb: 'add', kind: 'element', name: 'targets', elements: [{ key, value: '172.30.5.9' }] },
  ]);
});

test('other rules in one chain leave the other chains alone', async (t) => {
  const fake = await made(everything);
  const spec = withRules(everything, 'accounts', (rules) => rules.slice(0, 2));
  t.deepEqual(words(nft.convergence(spec, await fake.list('inet', 'appliance'))), [
    'flush chain accounts',
    'add rule accounts',
    'add rule accounts',
  ]);
});

test('another policy is set without touching the rules', async (t) => {
  const fake = await made(everything);
  const chains = everything.chains.map((chain) =>
    chain.name === 'input' && chain.base
      ? { ...chain, base: { ...chain.base, policy: 'drop' as const } }
      : chain,
  );
  const spec = { ...everything, chains };
  const transaction = nft.convergence(spec, await fake.list('inet', 'appliance'));
  t.deepEqual(words(transaction), ['add chain input']);
  await fake.commit(transaction);
  t.deepEqual(nft.differences(spec, await fake.list('inet', 'appliance')), []);
});

test('a set of another type is made anew, with the rules that use it and no others', async (t) => {
  const fake = await made(everything);
  const sets = everything.sets.map((set) =>
    set.name === 'ours' ? { ...set, type: ['ipv6_addr'], elements: [] } : set,
  );
  t.deepEqual(words(nft.convergence({ ...everything, sets }, await fake.list('inet', 'appliance'))), [
    'flush chain accounts',
    'delete set ours',
    'add set ours',
    'add rule accounts',
    'add rule accounts',
    'add rule accounts',
  ]);
});

test('a table is made from nothing whether or not it is there meanwhile', async (t) => {
  const fake = await made(everything);
  const transaction = nft.convergence(everything, null);
  t.deepEqual(words(transaction).slice(0, 3), ['add table', 'delete table', 'add table']);
  await fake.commit(transaction);
  t.deepEqual(nft.differences(everything, await fake.list('inet', 'appliance')), []);
});

test('a table with flags is made from nothing', async (t) => {
  const fake = await made(everything);
  const listed = await fake.list('inet', 'appliance');
  t.false(listed === null);
  if (listed === null) return;
  const flagged = { ...listed, flagged: true };
  t.deepEqual(nft.differences(everything, flagged), [
    'table inet appliance has flags (e.g. dormant), should have none',
  ]);
  t.deepEqual(nft.convergence(everything, flagged), nft.convergence(everything, null));
  t.deepEqual(nft.replacement(everything, flagged), nft.convergence(everything, null));
});

test('removal succeeds with and without a table', async (t) => {
  const fake = await made(everything);
  await fake.commit(nft.removal('inet', 'appliance'));
  t.is(await fake.list('inet', 'appliance'), null);
  await t.notThrowsAsync(fake.commit(nft.removal('inet', 'appliance')));
});

test('what this library never makes is removed after all that may refer to it', (t) => {
  const file = new URL('./listings/foreign-1.0.6.json', import.meta.url);
  const listed = nft.parseListing(JSON.parse(readFileSync(file, 'utf8')));
  const empty: nft.TableSpec = {
    family: 'inet',
    name: 'appliance',
    counters: [],
    sets: [],
    maps: [],
    chains: [],
  };
  t.deepEqual(words(nft.convergence(empty, listed)), [
    'flush chain zz',
    'flush chain c',
    'flush chain m',
    ...['vm', 'om', 'cm'].flatMap((map) => [`flush map ${map}`, `delete map ${map}`]),
    'delete set dyn',
    'delete set el',
    'delete set wild',
    'delete chain zz',
    'delete chain c',
    'delete chain m',
    'delete counter cc',
    'delete other h',
    'delete other q',
    'delete other lm',
  ]);
});
