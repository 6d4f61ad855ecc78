import test, { type ExecutionContext } from 'ava';
import * as nft from '../../../agent/nftables/index.ts';
import { beginning } from './operations.ts';
import { everything } from './samples.ts';

const transaction = (...operations: nft.Operation[]): nft.Transaction => ({
  family: 'inet',
  table: 'appliance',
  operations,
});
const element = (verb: 'add' | 'delete', port: number, value?: string): nft.Operation => ({
  verb,
  kind: 'element',
  name: 'targets',
  elements: [{ key: { concat: ['udp', port] }, ...(value === undefined ? {} : { value }) }],
});
const rule = (...statements: nft.Statement[]): nft.Operation => ({
  verb: 'add',
  kind: 'rule',
  chain: 'translate',
  comment: 'r',
  statements,
});

async function refused(t: ExecutionContext, words: RegExp, ...operations: nft.Operation[]): Promise<void> {
  const fake = nft.createFakeNft();
  await fake.commit(beginning);
  const before = await fake.list('inet', 'appliance');
  const attempt = transaction({ verb: 'add', kind: 'counter', name: 'extra' }, ...operations);
  const error = await t.throwsAsync(fake.commit(attempt), {
    instanceOf: nft.NftError,
    code: 'NFT_COMMIT_FAILED',
  });
  t.regex(error?.nftOutput ?? '', words);
  t.deepEqual(error?.transaction, nft.toDocument(attempt));
  await t.throwsAsync(fake.check(attempt), { instanceOf: nft.NftError, code: 'NFT_CHECK_FAILED' });
  t.deepEqual(await fake.list('inet', 'appliance'), before, 'nothing of a refused transaction remains');
}

test('references to what is not there are refused', async (t) => {
  await refused(t, /No such file/, rule(nft.jump('nowhere')));
  await refused(t, /No such file/, rule(nft.count('nothing')));
  await refused(t, /No such file/, rule(nft.equal(nft.dport, '@nothing')));
  await refused(t, /Invalid argument/, rule(nft.dnat('ip', { map: { key: nft.dport, data: '@ports' } })));
  await refused(t, /not supported/, rule(nft.jump('translate')));
});

test('what is in use or missing cannot be deleted', async (t) => {
  const lookup = rule(
    nft.count('media'),
    nft.jump('sub-a'),
    nft.dnat('ip', { map: { key: nft.dport, data: '@targets' } }),
  );
  await refused(t, /busy/, lookup, { verb: 'delete', kind: 'counter', name: 'media' });
  await refused(t, /busy/, lookup, { verb: 'delete', kind: 'chain', name: 'sub-a' });
  await refused(t, /busy/, lookup, { verb: 'delete', kind: 'map', name: 'targets' });
  await refused(t, /No such file/, { verb: 'delete', kind: 'counter', name: 'nothing' });
  await refused(t, /No such file/, { verb: 'delete', kind: 'chain', name: 'nothing' });
  await refused(t, /No such file/, { verb: 'delete', kind: 'set', name: 'nothing' });
  await refused(t, /No such file/, element('delete', 9));
});

test('what is there with another definition cannot be added', async (t) => {
  await refused(t, /File exists/, element('add', 1, '192.0.2.1'), element('add', 1, '192.0.2.2'));
  await refused(t, /File exists/, {
    verb: 'add',
    kind: 'set',
    name: 'ports',
    type: ['inet_service'],
    flags: [],
  });
  await refused(t, /not supported/, {
    verb: 'add',
    kind: 'chain',
    name: 'translate',
    base: { type: 'nat', hook: 'prerouting', priority: 5, policy: 'accept' },
  });
  const network = (key: nft.ElementOperand['key']): nft.Operation => ({
    verb: 'add',
    kind: 'element',
    name: 'networks',
    elements: [{ key }],
  });
  await refused(t, /File exists/, network({ prefix: { addr: '10.0.0.0', len: 8 } }), network('10.0.0.1'));
});

test('a loop of jumps from a hook is refused', async (t) => {
  const loop: nft.Operation[] = [
    { verb: 'add', kind: 'rule', chain: 'sub-a', comment: 'r', statements: [nft.jump('sub-b')] },
    { verb: 'add', kind: 'rule', chain: 'sub-b', comment: 'r', statements: [nft.jump('sub-a')] },
  ];
  await refused(t, /Too many links/, ...loop, rule(nft.jump('sub-a')));
});

test('the same element or object again is taken', async (t) => {
  const fake = nft.createFakeNft();
  await fake.commit(beginning);
  await fake.commit(beginning);
  await fake.commit(transaction(element('add', 1, '192.0.2.1'), element('add', 1, '192.0.2.1')));
  t.is((await fake.list('inet', 'appliance'))?.maps[0]?.elements.length, 1);
});

test('nothing can be done in a table that is not there', async (t) => {
  const fake = nft.createFakeNft();
  await t.throwsAsync(fake.commit(transaction({ verb: 'add', kind: 'counter', name: 'n' })), {
    code: 'NFT_COMMIT_FAILED',
  });
  await t.throwsAsync(fake.commit(transaction({ verb: 'delete', kind: 'table' })), {
    code: 'NFT_COMMIT_FAILED',
  });
  t.is(await fake.list('inet', 'appliance'), null);
});

test('a listing is a copy: what comes later does not change it', async (t) => {
  const fake = nft.createFakeNft();
  await fake.commit(nft.convergence(everything, null));
  const before = await fake.list('inet', 'appliance');
  fake.count({ family: 'inet', table: 'appliance', counter: 'media-in', packets: 3, bytes: 300 });
  t.deepEqual(before?.counters[0], { name: 'media-in', packets: 0, bytes: 0 });
  t.deepEqual((await fake.list('inet', 'appliance'))?.counters[0], {
    name: 'media-in',
    packets: 3,
    bytes: 300,
  });
  fake.flushRuleset();
  t.is(await fake.list('inet', 'appliance'), null);
  t.throws(() =>
    fake.count({ family: 'inet', table: 'appliance', counter: 'media-in', packets: 1, bytes: 1 }),
  );
});
