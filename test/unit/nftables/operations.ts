import fc from 'fast-check';
import * as nft from '../../../agent/nftables/index.ts';
import type { Json } from '../../../agent/nftables/json.ts';

/**
 * Random transactions on one table, many of which nft refuses: for what is missing, in use, or there already with
 * another definition. Values are in the form in which nft lists them, so that listings can be compared.
 */
export const transactions = (): fc.Arbitrary<nft.Transaction> =>
  fc.array(operations(), { minLength: 1, maxLength: 5 }).map((list) => ({
    family: 'inet',
    table: 'appliance',
    operations: list,
  }));

/** A transaction that makes the table with one object of each kind: from an empty table most others are refused. */
export const beginning: nft.Transaction = {
  family: 'inet',
  table: 'appliance',
  operations: [
    { verb: 'add', kind: 'table' },
    { verb: 'add', kind: 'counter', name: 'media' },
    { verb: 'add', kind: 'set', name: 'ports', type: ['inet_proto', 'inet_service'], flags: [] },
    { verb: 'add', kind: 'set', name: 'networks', type: ['ipv4_addr'], flags: ['interval'] },
    { verb: 'add', kind: 'map', name: 'targets', type: ['inet_proto', 'inet_service'], map: 'ipv4_addr' },
    { verb: 'add', kind: 'chain', name: 'sub-a', base: null },
    { verb: 'add', kind: 'chain', name: 'sub-b', base: null },
    {
      verb: 'add',
      kind: 'chain',
      name: 'translate',
      base: { type: 'nat', hook: 'prerouting', priority: -110, policy: 'accept' },
    },
  ],
};

const counters = fc.constantFrom('media', 'web');
const chains = fc.constantFrom('sub-a', 'sub-b', 'filter', 'translate');
const pairs: fc.Arbitrary<Json> = fc
  .tuple(fc.constantFrom('tcp', 'udp'), fc.integer({ min: 1, max: 3 }))
  .map((concat) => ({ concat }));
const networks: fc.Arbitrary<Json> = fc.constantFrom<Json[]>(
  '10.0.0.1',
  { prefix: { addr: '10.0.0.0', len: 8 } },
  { range: ['10.0.0.0', '10.0.0.9'] },
  { range: ['11.0.0.0', '11.0.0.9'] },
  { range: ['11.0.0.10', '11.0.0.12'] },
);
const elementLists = <T>(elements: fc.Arbitrary<T>) => fc.array(elements, { minLength: 1, maxLength: 2 });

function operations(): fc.Arbitrary<nft.Operation> {
  return fc.oneof(
    { weight: 1, arbitrary: tableOperations() },
    { weight: 2, arbitrary: counterOperations() },
    { weight: 5, arbitrary: collectionOperations() },
    { weight: 8, arbitrary: elementOperations() },
    { weight: 5, arbitrary: chainOperations() },
    { weight: 8, arbitrary: ruleOperations() },
  );
}

const tableOperations = (): fc.Arbitrary<nft.Operation> =>
  fc.constantFrom('add' as const, 'create' as const).map((verb) => ({ verb, kind: 'table' }));

const counterOperations = (): fc.Arbitrary<nft.Operation> =>
  fc.record({ verb: fc.constantFrom('add', 'delete'), kind: fc.constant('counter'), name: counters });

function collectionOperations(): fc.Arbitrary<nft.Operation> {
  const spareType = fc.constantFrom(['inet_service'], ['ipv4_addr'], ['inet_proto', 'inet_service']);
  return fc.oneof(
    fc.constantFrom(...beginning.operations.filter(({ kind }) => kind === 'set' || kind === 'map')),
    fc.record({
      verb: fc.constant('add'),
      kind: fc.constant('set'),
      name: fc.constant('spare'),
      type: spareType,
      flags: fc.constantFrom([], ['interval']),
    }),
    fc.record({
      verb: fc.constant('add'),
      kind: fc.constant('map'),
      name: fc.constant('spare-map'),
      type: spareType,
      map: fc.constantFrom('ipv4_addr', 'ipv6_addr'),
    }),
    // Always by their own kind: nft 1.0.6 deletes a map also as a set, newer ones do not.
    fc.record({
      verb: fc.constantFrom('delete', 'flush'),
      kind: fc.constant('set'),
      name: fc.constantFrom('ports', 'networks'),
    }),
    fc.record({
      verb: fc.constantFrom('delete', 'flush'),
      kind: fc.constant('map'),
      name: fc.constant('targets'),
    }),
  );
}

function elementOperations(): fc.Arbitrary<nft.Operation> {
  const verb = fc.constantFrom('add' as const, 'delete' as const);
  const value = fc.constantFrom('172.30.5.1', '172.30.5.2');
  const of = (name: string, elements: fc.Arbitrary<nft.ElementOperand>) =>
    fc.record({
      verb,
      kind: fc.constant('element' as const),
      name: fc.constant(name),
      elements: elementLists(elements),
    });
  return fc.oneof(
    of('ports', fc.record({ key: pairs })),
    of('networks', fc.record({ key: networks })),
    of('targets', fc.record({ key: pairs, value })),
    of('nowhere', fc.record({ key: pairs })),
  );
}

function chainOperations(): fc.Arbitrary<nft.Operation> {
  const filterBase = fc.record({
    type: fc.constant('filter' as const),
    hook: fc.constant('input' as const),
    priority: fc.constantFrom(-10, 0),
    policy: fc.constantFrom('accept' as const, 'drop' as const),
  });
  const add = (name: string, base: fc.Arbitrary<nft.ChainBase | null>) =>
    fc.record({
      verb: fc.constant('add' as const),
      kind: fc.constant('chain' as const),
      name: fc.constant(name),
      base,
    });
  return fc.oneof(
    add('filter', fc.option(filterBase, { freq: 8 })),
    add('sub-a', fc.option(filterBase, { freq: 2 })),
    add('sub-b', fc.constant(null)),
    fc.constantFrom(...beginning.operations.filter(({ kind }) => kind === 'chain')),
    fc.record({ verb: fc.constantFrom('delete', 'flush'), kind: fc.constant('chain'), name: chains }),
  );
}

function ruleOperations(): fc.Arbitrary<nft.Operation> {
  const lookup = nft.concat(nft.l4proto, nft.dport);
  const anywhere = fc.constantFrom<(readonly nft.Statement[])[]>(
    [nft.accept],
    [nft.count('media')],
    [nft.count('web'), nft.drop],
    [nft.jump('sub-a')],
    [nft.jump('sub-b')],
    [nft.jump('filter')],
    [nft.equal(lookup, '@ports'), nft.accept],
    [nft.equal(nft.payload('ip', 'saddr'), '@networks'), nft.drop],
  );
  const translation = [nft.dnat('ip', { map: { key: lookup, data: '@targets' } })];
  const rule = (chain: fc.Arbitrary<string>, statements: fc.Arbitrary<readonly nft.Statement[]>) =>
    fc.record({
      verb: fc.constant('add' as const),
      kind: fc.constant('rule' as const),
      chain,
      comment: fc.constantFrom('first 0123456789ab', 'second 0123456789ab'),
      statements,
    });
  return fc.oneof(
    rule(chains, anywhere),
    rule(fc.constant('translate'), fc.constant(translation)),
    rule(fc.constant('nowhere'), anywhere),
  );
}
