import test from 'ava';
import * as nft from '../../../agent/nftables/index.ts';
import { everything, withRules } from './samples.ts';

const empty: nft.TableSpec = {
  family: 'inet',
  name: 'appliance',
  counters: [],
  sets: [],
  maps: [],
  chains: [],
};

function fault(spec: nft.TableSpec): string {
  try {
    nft.checkSpec(spec);
  } catch (error) {
    if (error instanceof nft.NftError && error.code === 'NFT_SPEC_INVALID') return error.message;
    throw error;
  }
  return 'none';
}

test('a sound table has no faults', (t) => {
  t.is(fault(empty), 'none');
  t.is(fault(everything), 'none');
});

test('each fault is named with its place', (t) => {
  const chain = (rules: nft.RuleSpec[], base?: nft.ChainBase): nft.TableSpec => ({
    ...empty,
    chains: [{ name: 'c', rules, ...(base ? { base } : {}) }],
  });
  const set = (type: string[], elements: nft.Key[], flags: 'interval'[] = []): nft.TableSpec => ({
    ...empty,
    sets: [{ name: 's', type, elements, flags }],
  });
  const base = (type: nft.ChainBase['type'], hook: nft.Hook, priority: number) =>
    chain([], { type, hook, priority, policy: 'accept' });
  const cases: [nft.TableSpec, RegExp][] = [
    [{ ...empty, name: 'a b' }, /"a b" is no name for a table/],
    [{ ...empty, counters: ['x', 'x'] }, /two objects named x \(counter\)/],
    [{ ...empty, counters: ['-x'] }, /"-x" is no name for a counter/],
    [
      {
        ...set(['inet_service'], []),
        maps: [{ name: 's', type: ['inet_service'], map: 'ipv4_addr', elements: [] }],
      },
      /two objects named s \(set or map\)/,
    ],
    [set([], []), /set s has no type/],
    [
      { ...empty, sets: [{ name: 's', type: ['nf_proto'], elements: [], expireSeconds: 0.5 }] },
      /set s has 0\.5 as its timeout or size/,
    ],
    [
      {
        ...empty,
        sets: [
          {
            name: 's',
            type: ['ipv4_addr'],
            elements: [],
            dynamic: { timeoutSeconds: 1, size: 1 },
            expireSeconds: 5,
          },
        ],
      },
      /set s is filled by rules, and has elements, flags or an expiry/,
    ],
    [set(['inet_service'], [[70000]]), /set s: 70000 is no key of inet_service/],
    [set(['inet_service'], [['1-5']]), /set s: 1-5 is no key of inet_service/],
    [set(['ipv4_addr'], [['192.0.2.1/32']]), /192\.0\.2\.1\/32 is no key/],
    [set(['inet_proto', 'inet_service'], [['udp']]), /set s: udp is no key of inet_proto \. inet_service/],
    [set(['inet_proto'], [['tcp'], [6]]), /set s has an element twice/],
    [set(['inet_service'], [['1-5'], [5]], ['interval']), /set s: 1-5 overlaps 5/],
    [
      {
        ...empty,
        maps: [
          { name: 'm', type: ['inet_service'], map: 'ipv4_addr', elements: [{ key: [5], value: 'fd00::1' }] },
        ],
      },
      /map m: 5 points to fd00::1, which is no ipv4_addr/,
    ],
    [
      {
        ...empty,
        maps: [
          {
            name: 'm',
            type: ['inet_service'],
            map: 'ipv4_addr',
            elements: [{ key: [5], value: '10.0.0.0/8' }],
          },
        ],
      },
      /which is no ipv4_addr/,
    ],
    [chain([{ id: 'A', statements: [nft.accept] }]), /chain c: "A" is no id of a rule/],
    [chain([{ id: 'a'.repeat(115), statements: [nft.accept] }]), /is no id of a rule/],
    [chain([{ id: 'a', statements: [] }]), /rule a has no statements/],
    [
      chain([
        { id: 'a', statements: [nft.accept] },
        { id: 'a', statements: [nft.drop] },
      ]),
      /two rules with the id a/,
    ],
    [chain([{ id: 'a', statements: [nft.jump('x')] }]), /rule a refers to x, which is no chain to jump to/],
    [chain([{ id: 'a', statements: [nft.count('x')] }]), /rule a refers to x, which is no counter/],
    [
      chain([{ id: 'a', statements: [nft.equal(nft.dport, '@x')] }]),
      /rule a refers to x, which is no set or map/,
    ],
    [
      chain([{ id: 'a', statements: [nft.dnat('ip', { map: { key: nft.dport, data: '@x' } })] }]),
      /which is no map/,
    ],
    [
      withRules(everything, 'forward', () => [{ id: 'a', statements: [nft.jump('input')] }]),
      /refers to input, which is no chain to jump to/,
    ],
    [base('nat', 'forward', 0), /nat cannot hook into forward/],
    [base('nat', 'prerouting', -200), /priority above -200/],
    [base('route', 'input', 0), /route hooks into output only/],
    [base('filter', 'input', 0.5), /priority 0\.5 is not a whole number/],
  ];
  for (const [spec, expected] of cases) t.regex(fault(spec), expected);
});

test('all faults are told at once, and nothing is worked out from an invalid table', (t) => {
  const spec = { ...empty, counters: ['x', 'x'], name: '!' };
  t.regex(fault(spec), /"!" is no name for a table; there are two objects named x/);
  t.throws(() => nft.convergence(spec, null), { instanceOf: nft.NftError, code: 'NFT_SPEC_INVALID' });
  t.throws(() => nft.replacement(spec, null), { instanceOf: nft.NftError, code: 'NFT_SPEC_INVALID' });
});

test('the longest id fits into the comment that nft keeps', (t) => {
  const id = 'a'.repeat(114);
  t.is(fault({ ...empty, chains: [{ name: 'c', rules: [{ id, statements: [nft.accept] }] }] }), 'none');
  t.true(Buffer.byteLength(nft.ruleComment({ id, statements: [nft.accept] })) <= 127);
});
