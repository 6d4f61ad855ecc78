import fc from 'fast-check';
import { keysOverlap } from '../../../agent/nftables/elements.ts';
import type {
  ChainBase,
  ChainSpec,
  Key,
  MapSpec,
  RuleSpec,
  SetSpec,
  Statement,
  TableSpec,
} from '../../../agent/nftables/index.ts';
import * as nft from '../../../agent/nftables/index.ts';

/**
 * Random tables that the real nft accepts. The pools of names are small on purpose: two such tables share objects
 * of the same name with other definitions, which is what convergence has to cope with.
 */
export const tables = (): fc.Arbitrary<TableSpec> =>
  fc
    .record({
      counters: fc.uniqueArray(fc.constantFrom('web', 'media', 'relay'), { maxLength: 3 }),
      collections: fc.uniqueArray(fc.oneof(sets(), maps()), { selector: ({ name }) => name, maxLength: 3 }),
      bases: fc.uniqueArray(fc.tuple(fc.constantFrom('one', 'two', 'three', 'sub-a', 'sub-b'), bases()), {
        selector: ([name]) => name,
        maxLength: 5,
      }),
    })
    .chain(({ counters, collections, bases }) => {
      const subChains = bases.filter(([, base]) => base === null).map(([name]) => name);
      const context: Context = { counters, collections, subChains: [...subChains].sort() };
      return fc.record({
        family: fc.constant('inet' as const),
        name: fc.constant('appliance'),
        counters: fc.constant(counters),
        sets: fc.constant(collections.filter((collection): collection is SetSpec => !isMap(collection))),
        maps: fc.constant(collections.filter(isMap)),
        chains: fc.tuple(...bases.map(([name, base]) => chains(name, base, context))),
      });
    });

interface Context {
  readonly counters: readonly string[];
  readonly collections: readonly (SetSpec | MapSpec)[];
  readonly subChains: readonly string[];
}

const isMap = (collection: SetSpec | MapSpec): collection is MapSpec => 'map' in collection;
const collectionNames = fc.constantFrom('alpha', 'beta', 'gamma');
const ports = fc.integer({ min: 1, max: 6 });
const protocols = fc.constantFrom<(string | number)[]>('tcp', 'udp', 6, 17);
const addresses = fc.integer({ min: 1, max: 6 }).map((last) => `172.30.5.${last}`);
const addresses6 = fc.constantFrom('fd00:0::0005', 'fd00::5', 'fd00::6', '::ffff:1.2.3.4');

function sets(): fc.Arbitrary<SetSpec> {
  const portKeys: fc.Arbitrary<Key> = fc.tuple(protocols, ports);
  const networks = fc.constantFrom(
    '10.0.0.0/8',
    '10.0.0.0/16',
    '10.0.0.1',
    '10.0.0.0-10.0.0.9',
    '10.1.0.0/16',
    '0.0.0.0-9.9.9.9',
  );
  const ranges = fc.constantFrom<(string | number)[]>('1-5', '6-9', '3-8', 5, 7, '65000-65535', 65535, '0-0');
  return fc.oneof(
    elementsOf(['inet_proto', 'inet_service'], portKeys, []),
    elementsOf(['inet_service'], fc.tuple(ports), []),
    elementsOf(['ipv6_addr'], fc.tuple(addresses6), []),
    elementsOf(['ipv4_addr', 'inet_proto', 'inet_service'], fc.tuple(addresses, protocols, ports), []),
    elementsOf(['ipv4_addr'], fc.tuple(networks), ['interval']),
    elementsOf(['inet_service'], fc.tuple(ranges), ['interval']),
    elementsOf(['inet_proto', 'inet_service'], fc.tuple(protocols, ranges), ['interval']),
    elementsOf(['nf_proto'], fc.tuple(fc.constantFrom('ipv4', 'ipv6')), []).map((set) => ({
      ...set,
      expireSeconds: 600,
    })),
    elementsOf(['ifname'], fc.tuple(fc.constantFrom('br-appliance', 'eth0', 'lo')), []),
  );
}

function elementsOf(type: string[], keys: fc.Arbitrary<Key>, flags: 'interval'[]): fc.Arbitrary<SetSpec> {
  return fc
    .record({ name: collectionNames, keys: fc.array(keys, { maxLength: 5 }) })
    .map(({ name, keys }) => ({
      name,
      type,
      ...(flags.length === 0 ? {} : { flags }),
      elements: withoutOverlaps(type, keys, (key) => key),
    }));
}

function maps(): fc.Arbitrary<MapSpec> {
  const of = (type: string[], map: MapSpec['map'], keys: fc.Arbitrary<Key>, values: fc.Arbitrary<string>) =>
    fc
      .record({
        name: collectionNames,
        elements: fc.array(fc.record({ key: keys, value: values }), { maxLength: 5 }),
      })
      .map(({ name, elements }) => ({
        name,
        type,
        map,
        elements: withoutOverlaps(type, elements, ({ key }) => key),
      }));
  return fc.oneof(
    of(['inet_proto', 'inet_service'], 'ipv4_addr', fc.tuple(protocols, ports), addresses),
    of(['inet_service'], 'ipv6_addr', fc.tuple(ports), addresses6),
  );
}

function withoutOverlaps<T>(type: string[], list: readonly T[], keyOf: (item: T) => Key): T[] {
  return list.filter(
    (item, i) => !list.slice(0, i).some((other) => keysOverlap(type, keyOf(item), keyOf(other))),
  );
}

function bases(): fc.Arbitrary<ChainBase | null> {
  const policy = fc.constantFrom('accept' as const, 'drop' as const);
  const priority = fc.constantFrom(-110, -10, 0, 95);
  return fc.oneof(
    fc.constant(null),
    fc.record({
      type: fc.constant('filter' as const),
      hook: fc.constantFrom('prerouting' as const, 'input' as const, 'forward' as const, 'output' as const),
      priority,
      policy,
    }),
    fc.record({
      type: fc.constant('nat' as const),
      hook: fc.constantFrom('prerouting' as const, 'output' as const, 'postrouting' as const),
      priority,
      policy: fc.constant('accept' as const),
    }),
    fc.record({
      type: fc.constant('route' as const),
      hook: fc.constant('output' as const),
      priority,
      policy,
    }),
  );
}

function chains(name: string, base: ChainBase | null, context: Context): fc.Arbitrary<ChainSpec> {
  const ids = fc.constantFrom('allow', 'count', 'mark', 'publish');
  const rules: fc.Arbitrary<RuleSpec> = fc.record({ id: ids, statements: statements(name, base, context) });
  return fc.uniqueArray(rules, { selector: ({ id }) => id, maxLength: 3 }).map((list) => ({
    name,
    ...(base === null ? {} : { base }),
    rules: list,
  }));
}

function statements(
  name: string,
  base: ChainBase | null,
  context: Context,
): fc.Arbitrary<readonly Statement[]> {
  // Jumps go to a later name only, so that there is no loop.
  const targets = context.subChains.filter((target) => base !== null || target > name);
  const maps4 = context.collections.filter(
    (collection) => isMap(collection) && collection.map === 'ipv4_addr',
  );
  const lookup = { key: nft.concat(nft.l4proto, nft.dport) };
  const translates = base?.type === 'nat' && base.hook !== 'postrouting';
  const choices: (readonly Statement[])[] = [
    [nft.accept],
    [nft.equal(nft.l4proto, 'udp'), nft.equal(nft.dport, { range: [100, 200] }), nft.accept],
    [nft.contains(nft.ctStatus, 'dnat'), nft.setMark(nft.metaMark, { '|': [nft.metaMark, 0x200000] })],
    [nft.equal(nft.payload('ip', 'daddr'), nft.prefix('127.0.0.0', 8)), nft.returnVerdict],
    [nft.equal(nft.daddrType, 'local'), nft.setMark(nft.ctMark, 21076)],
    [nft.equal({ ct: { key: 'direction' } }, 'original'), nft.drop],
    ...context.counters.map((counter) => [nft.count(counter)]),
    ...targets.map((target) => [nft.unequal(nft.metaMark, 7), nft.jump(target)]),
    ...context.collections.flatMap((collection) => lookups(collection)),
    ...(translates ? maps4.map((map) => [nft.dnat('ip', { map: { ...lookup, data: `@${map.name}` } })]) : []),
    ...(base?.type === 'nat' && base.hook === 'postrouting' ? [[nft.masquerade]] : []),
  ];
  return fc.constantFrom(...choices);
}

function lookups(set: SetSpec | MapSpec): (readonly Statement[])[] {
  if (isMap(set)) return [];
  const right = `@${set.name}`;
  const type = set.type.join(' . ');
  if (type === 'inet_proto . inet_service')
    return [[nft.contains(nft.concat(nft.l4proto, nft.dport), right), nft.drop]];
  if (type === 'ipv4_addr') return [[nft.equal(nft.payload('ip', 'saddr'), right), nft.drop]];
  if (type === 'ifname') return [[nft.unequal(nft.metaMark, 3), nft.accept]];
  return [];
}
