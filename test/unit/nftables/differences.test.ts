import test, { type ExecutionContext } from 'ava';
import * as nft from '../../../agent/nftables/index.ts';
import { everything, withRules, withTarget } from './samples.ts';

/** What differs from `should` when the table was made from `is`. */
async function between(should: nft.TableSpec, is: nft.TableSpec): Promise<string[]> {
  const fake = nft.createFakeNft();
  await fake.commit(nft.convergence(is, null));
  return nft.differences(should, await fake.list(is.family, is.name));
}

async function both(t: ExecutionContext, a: nft.TableSpec, b: nft.TableSpec, ab: string[], ba: string[]) {
  t.deepEqual(await between(a, b), ab);
  t.deepEqual(await between(b, a), ba);
}

test('a table as it should be differs in nothing', async (t) => {
  t.deepEqual(await between(everything, everything), []);
});

test('a missing table is one difference', (t) => {
  t.deepEqual(nft.differences(everything, null), ['table inet appliance is missing']);
});

test('an element that points elsewhere is told with both targets', async (t) => {
  await both(
    t,
    everything,
    withTarget(everything, '172.30.5.9'),
    ['map targets: udp . 7882 points to 172.30.5.9, should be 172.30.5.3'],
    ['map targets: udp . 7882 points to 172.30.5.3, should be 172.30.5.9'],
  );
});

test('an element too few is missing, one too many should not be there', async (t) => {
  const [published, ...sets] = everything.sets;
  if (published === undefined) throw new Error('the sample has a set');
  const fewer = {
    ...everything,
    sets: [{ ...published, elements: published.elements.slice(0, 1) }, ...sets],
  };
  await both(
    t,
    everything,
    fewer,
    ['set published: tcp . 7881 is missing'],
    ['set published: tcp . 7881 should not be there'],
  );
});

test('the order of elements, sets and chains makes no difference', async (t) => {
  const reversed: nft.TableSpec = {
    ...everything,
    counters: everything.counters.toReversed(),
    sets: everything.sets.toReversed().map((set) => ({ ...set, elements: set.elements.toReversed() })),
    maps: everything.maps.toReversed(),
    chains: everything.chains.toReversed(),
  };
  t.deepEqual(await between(everything, reversed), []);
});

test('a rule that is missing, surplus, changed or out of order is told by its id', async (t) => {
  const without = withRules(everything, 'forward', (rules) => rules.filter(({ id }) => id !== 'mark'));
  await both(
    t,
    everything,
    without,
    ['chain forward: rule mark is missing'],
    ['chain forward: rule mark should not be there'],
  );
  const changed = withRules(everything, 'forward', (rules) =>
    rules.map((rule) => (rule.id === 'mark' ? { ...rule, statements: [nft.drop] } : rule)),
  );
  t.deepEqual(await between(everything, changed), [
    'chain forward: rule mark was made from another definition',
  ]);
  const reversed = withRules(everything, 'forward', (rules) => rules.toReversed());
  t.deepEqual(await between(everything, reversed), ['chain forward: the rules are in another order']);
});

test('a rule without our comment, and one that is there twice, are told', async (t) => {
  const fake = nft.createFakeNft();
  await fake.commit(nft.convergence(everything, null));
  const [account] = everything.chains.find(({ name }) => name === 'forward')?.rules ?? [];
  if (account === undefined) throw new Error('the sample has a rule');
  const rule = (comment: string): nft.Operation => ({
    verb: 'add',
    kind: 'rule',
    chain: 'forward',
    comment,
    statements: account.statements,
  });
  const operations = [rule('by hand'), rule(nft.ruleComment(account))];
  await fake.commit({ family: 'inet', table: 'appliance', operations });
  const [foreign, twice, ...more] = nft.differences(everything, await fake.list('inet', 'appliance'));
  t.regex(foreign ?? '', /^chain forward: rule with handle \d+ should not be there$/);
  t.is(twice, 'chain forward: rule account is there more than once');
  t.deepEqual(more, []);
});

test('the hook, priority and policy of a chain are told', async (t) => {
  const rebased = (base?: nft.ChainBase): nft.TableSpec => ({
    ...everything,
    chains: [{ name: 'c', rules: [], ...(base ? { base } : {}) }],
  });
  const base: nft.ChainBase = { type: 'filter', hook: 'input', priority: -10, policy: 'accept' };
  t.deepEqual(await between(rebased(base), rebased({ ...base, priority: 0 })), [
    'chain c is filter hook input priority 0, should be filter hook input priority -10',
  ]);
  t.deepEqual(await between(rebased(base), rebased()), [
    'chain c is a chain without a hook, should be filter hook input priority -10',
  ]);
  t.deepEqual(await between(rebased(base), rebased({ ...base, policy: 'drop' })), [
    'chain c has policy drop, should have accept',
  ]);
});

test('whole objects that are missing, surplus or of another type are told', async (t) => {
  const empty: nft.TableSpec = {
    family: 'inet',
    name: 'appliance',
    counters: [],
    sets: [],
    maps: [],
    chains: [],
  };
  const one: nft.TableSpec = {
    ...empty,
    counters: ['n'],
    sets: [{ name: 's', type: ['inet_service'], elements: [] }],
    maps: [{ name: 'm', type: ['inet_service'], map: 'ipv4_addr', elements: [] }],
    chains: [{ name: 'c', rules: [] }],
  };
  const objects = ['counter n', 'set s', 'map m', 'chain c'];
  await both(
    t,
    one,
    empty,
    objects.map((object) => `${object} is missing`),
    objects.map((object) => `${object} should not be there`),
  );
  const other: nft.TableSpec = {
    ...one,
    sets: [{ name: 's', type: ['inet_service'], flags: ['interval'], elements: [] }],
    maps: [{ name: 'm', type: ['inet_proto', 'inet_service'], map: 'ipv6_addr', elements: [] }],
  };
  t.deepEqual(await between(one, other), [
    'set s is inet_service (interval), should be inet_service',
    'map m is inet_proto . inet_service : ipv6_addr, should be inet_service : ipv4_addr',
  ]);
});
