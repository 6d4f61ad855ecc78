import fc from 'fast-check';
import * as nft from '../../agent/nftables/index.ts';
import { needs, testWhen } from '../support/needs.ts';
import { tables } from '../unit/nftables/arbitraries.ts';
import { beginning, transactions } from '../unit/nftables/operations.ts';
import { everything, withRules, withTarget } from '../unit/nftables/samples.ts';
import { converge, listing, namespace } from './nftables-namespace.ts';

const test = testWhen(needs({ root: true, commands: ['nft', 'ip'] }));

test('a table with every kind of statement is applied, and converged when listed back', async (t) => {
  const here = await namespace(t);
  t.is(await here.nft.list('inet', 'appliance'), null);
  await converge(here, everything);
  const listed = await listing(here);
  t.deepEqual(nft.differences(everything, listed), []);
  t.deepEqual(nft.convergence(everything, listed).operations, []);
  const text = await here.ruleset();
  t.regex(
    text,
    /fib daddr type local dnat ip to meta l4proto \. th dport map @targets comment "publish [0-9a-f]{12}"/,
  );
  t.regex(text, /udp . 7882 : 172\.30\.5\.3/);
});

test('any table becomes any other in one transaction, with nothing left to do', async (t) => {
  const here = await namespace(t);
  await fc.assert(
    fc.asyncProperty(fc.array(tables(), { minLength: 2, maxLength: 4 }), async (specs) => {
      await here.nft.commit(nft.removal('inet', 'appliance'));
      for (const spec of specs) {
        await converge(here, spec);
        const listed = await listing(here);
        t.deepEqual(nft.differences(spec, listed), []);
        t.deepEqual(nft.convergence(spec, listed).operations, []);
        await here.nft.commit(nft.replacement(spec, listed));
        t.true(nft.sameMeaning(listed, await listing(here)));
      }
    }),
    { seed: 20260, numRuns: 15, includeErrorInReport: true },
  );
});

test('the fake takes and refuses what the real nft takes and refuses, and lists the same', async (t) => {
  const here = await namespace(t);
  const seen = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(transactions(), { minLength: 1, maxLength: 8 }), async (list) => {
      const fake = nft.createFakeNft();
      await here.nft.commit(nft.removal('inet', 'appliance'));
      for (const transaction of [beginning, ...list]) {
        const [real, faked] = [await outcome(here.nft, transaction), await outcome(fake, transaction)];
        t.is(
          faked === 'taken',
          real === 'taken',
          `real: ${real}; fake: ${faked}; ${JSON.stringify(transaction)}`,
        );
        seen[real === 'taken' ? 'taken' : 'refused'] += 1;
        const fakeListing = await fake.list('inet', 'appliance');
        t.true(fakeListing !== null && nft.sameMeaning(await listing(here), fakeListing));
      }
    }),
    { seed: 106, numRuns: 35, includeErrorInReport: true },
  );
  t.true(seen.taken > 50 && seen.refused > 50, `the sequences must have both: ${JSON.stringify(seen)}`);
});

async function outcome(client: nft.Nft, transaction: nft.Transaction): Promise<string> {
  try {
    await client.commit(transaction);
    return 'taken';
  } catch (error) {
    return error instanceof nft.NftError ? error.message : String(error);
  }
}

test('only what differs is touched: an element alone, and a chain alone', async (t) => {
  const here = await namespace(t);
  await converge(here, everything);
  const moved = await converge(here, withTarget(everything, '172.30.5.9'));
  t.deepEqual(
    moved.operations.map(({ verb, kind }) => `${verb} ${kind}`),
    ['delete element', 'add element'],
  );
  const fewer = withRules(withTarget(everything, '172.30.5.9'), 'input', (rules) => rules.slice(1));
  const { operations } = await converge(here, fewer);
  t.deepEqual(
    operations.map((operation) => `${operation.verb} ${operation.kind}`),
    [
      'flush chain',
      ...fewer.chains.flatMap(({ name, rules }) => (name === 'input' ? rules.map(() => 'add rule') : [])),
    ],
  );
  t.deepEqual(nft.differences(fewer, await listing(here)), []);
});
