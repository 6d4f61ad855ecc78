import test from 'ava';
import * as nft from '../../../agent/nftables/index.ts';

const document = (...operations: nft.Operation[]) =>
  nft.toDocument({ family: 'inet', table: 'appliance', operations }).nftables.slice(1);

const place = { family: 'inet', table: 'appliance' };

test('a document begins with the version of its schema', (t) => {
  t.deepEqual(nft.toDocument(nft.removal('ip6', 'x')).nftables, [
    { metainfo: { json_schema_version: 1 } },
    { add: { table: { family: 'ip6', name: 'x' } } },
    { delete: { table: { family: 'ip6', name: 'x' } } },
  ]);
});

test('the type of a key of one part is a text, of several a list, as nft 1.0.6 needs it', (t) => {
  t.deepEqual<unknown, unknown>(
    document(
      { verb: 'add', kind: 'set', name: 's', type: ['inet_service'], flags: ['interval'] },
      { verb: 'add', kind: 'map', name: 'm', type: ['inet_proto', 'inet_service'], map: 'ipv4_addr' },
    ),
    [
      { add: { set: { ...place, name: 's', type: 'inet_service', flags: ['interval'] } } },
      { add: { map: { ...place, name: 'm', type: ['inet_proto', 'inet_service'], map: 'ipv4_addr' } } },
    ],
  );
});

test('elements, chains and rules are written as nft reads them', (t) => {
  const base = { type: 'filter', hook: 'input', priority: -10, policy: 'drop' } as const;
  t.deepEqual<unknown, unknown>(
    document(
      { verb: 'delete', kind: 'element', name: 'm', elements: [{ key: 5 }] },
      { verb: 'add', kind: 'element', name: 'm', elements: [{ key: 5, value: '192.0.2.1' }] },
      { verb: 'add', kind: 'element', name: 's', elements: [{ key: 'ipv4', timeoutSeconds: 9 }] },
      { verb: 'add', kind: 'chain', name: 'c', base },
      { verb: 'add', kind: 'chain', name: 'd', base: null },
      { verb: 'flush', kind: 'chain', name: 'c' },
      { verb: 'add', kind: 'rule', chain: 'c', comment: 'x', statements: [nft.accept] },
      { verb: 'delete', kind: 'other', type: 'ct helper', name: 'h' },
    ),
    [
      { delete: { element: { ...place, name: 'm', elem: [5] } } },
      { add: { element: { ...place, name: 'm', elem: [[5, '192.0.2.1']] } } },
      { add: { element: { ...place, name: 's', elem: [{ elem: { val: 'ipv4', timeout: 9 } }] } } },
      { add: { chain: { ...place, name: 'c', type: 'filter', hook: 'input', prio: -10, policy: 'drop' } } },
      { add: { chain: { ...place, name: 'd' } } },
      { flush: { chain: { ...place, name: 'c' } } },
      { add: { rule: { ...place, chain: 'c', comment: 'x', expr: [{ accept: null }] } } },
      { delete: { 'ct helper': { ...place, name: 'h' } } },
    ],
  );
});
