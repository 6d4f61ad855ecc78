import * as nft from '../../../agent/nftables/index.ts';

const service = nft.concat(nft.l4proto, nft.dport);

/** A table with every kind of object and statement that the library writes. */
export const everything: nft.TableSpec = {
  family: 'inet',
  name: 'appliance',
  counters: ['media-in', 'media-out'],
  sets: [
    {
      name: 'published',
      type: ['inet_proto', 'inet_service'],
      elements: [
        ['udp', 7882],
        ['tcp', 7881],
      ],
    },
    {
      name: 'backends',
      type: ['ipv4_addr', 'inet_proto', 'inet_service'],
      elements: [['172.30.5.3', 'udp', 7882]],
    },
    {
      name: 'ours',
      type: ['ipv4_addr'],
      flags: ['interval'],
      elements: [['172.30.5.0/24'], ['192.0.2.1-192.0.2.9']],
    },
    { name: 'sources', type: ['ipv4_addr'], elements: [], dynamic: { timeoutSeconds: 10, size: 64 } },
    { name: 'networks', type: ['ipv6_addr'], elements: [], dynamic: { timeoutSeconds: 10, size: 64 } },
    { name: 'for-now', type: ['nf_proto'], elements: [['ipv4'], ['ipv6']], expireSeconds: 600 },
    { name: 'relay', type: ['inet_service'], flags: ['interval'], elements: [['49152-49999'], [3478]] },
  ],
  maps: [
    {
      name: 'targets',
      type: ['inet_proto', 'inet_service'],
      map: 'ipv4_addr',
      elements: [
        { key: ['udp', 7882], value: '172.30.5.3' },
        { key: ['tcp', 7881], value: '172.30.5.3' },
      ],
    },
    {
      name: 'targets6',
      type: ['inet_service'],
      map: 'ipv6_addr',
      elements: [{ key: [7882], value: 'fd30:5::3' }],
    },
  ],
  chains: [
    {
      name: 'prerouting',
      base: { type: 'nat', hook: 'prerouting', priority: -110, policy: 'accept' },
      rules: [
        {
          id: 'publish',
          statements: [
            nft.equal(nft.daddrType, 'local'),
            nft.dnat('ip', { map: { key: service, data: '@targets' } }),
          ],
        },
        {
          id: 'publish6',
          statements: [
            nft.equal(nft.l4proto, 'udp'),
            nft.dnat('ip6', { map: { key: nft.dport, data: '@targets6' } }),
          ],
        },
      ],
    },
    {
      name: 'nat-input',
      base: { type: 'nat', hook: 'input', priority: 95, policy: 'accept' },
      rules: [
        {
          id: 'from-published',
          statements: [nft.equal(nft.sport, 7882), nft.snat('ip', nft.payload('ip', 'daddr'))],
        },
      ],
    },
    {
      name: 'postrouting',
      base: { type: 'nat', hook: 'postrouting', priority: 95, policy: 'accept' },
      rules: [
        {
          id: 'hairpin',
          statements: [
            nft.contains(nft.ctStatus, 'dnat'),
            nft.equal(nft.payload('ip', 'saddr'), nft.prefix('172.30.5.0', 24)),
            nft.unequal(nft.oifname, 'eth0'),
            nft.masquerade,
          ],
        },
      ],
    },
    {
      name: 'forward',
      base: { type: 'filter', hook: 'forward', priority: -10, policy: 'accept' },
      rules: [
        { id: 'account', statements: [nft.contains(nft.ctStatus, 'dnat'), nft.jump('accounts')] },
        {
          id: 'mark',
          statements: [
            nft.contains(nft.concat(nft.payload('ip', 'daddr'), nft.l4proto, nft.dport), '@backends'),
            nft.setMark(nft.ctMark, 21076),
            nft.setMark(nft.metaMark, { '|': [nft.metaMark, 0x200000] }),
          ],
        },
        {
          id: 'only-marked',
          statements: [nft.unequal({ '&': [nft.metaMark, 0x200000] }, 0), nft.returnVerdict],
        },
      ],
    },
    {
      name: 'input',
      base: { type: 'filter', hook: 'input', priority: -10, policy: 'accept' },
      rules: [
        {
          id: 'leave-loopback',
          statements: [
            nft.equal(nft.iifname, 'lo'),
            nft.equal(nft.payload('ip', 'daddr'), nft.prefix('127.0.0.0', 8)),
            nft.returnVerdict,
          ],
        },
        {
          id: 'relay',
          statements: [nft.equal(nft.l4proto, 'udp'), nft.equal(nft.dport, '@relay'), nft.accept],
        },
        {
          id: 'ranges',
          statements: [
            nft.equal(nft.l4proto, 'tcp'),
            nft.equal(nft.dport, { range: [100, 200] }),
            nft.accept,
          ],
        },
        { id: 'interfaces', statements: [nft.equal(nft.iifname, { set: ['eth7', 'eth8'] }), nft.accept] },
        {
          id: 'each-source',
          statements: [
            nft.contains(nft.ctState, 'new'),
            nft.beyondEach(nft.payload('ip', 'saddr'), '@sources', 20, 40),
            nft.drop,
          ],
        },
        {
          id: 'each-network',
          statements: [
            nft.beyondEach(
              { '&': [nft.payload('ip6', 'saddr'), 'ffff:ffff:ffff:ffff::'] },
              '@networks',
              20,
              40,
            ),
            nft.drop,
          ],
        },
        { id: 'all-sources', statements: [nft.beyond(200, 400), nft.count('media-in'), nft.drop] },
        { id: 'for-now', statements: [nft.contains(nft.nfproto, '@for-now'), nft.accept] },
        {
          id: 'echo',
          statements: [nft.equal(nft.icmpType, 'echo-request'), nft.within(50, 100), nft.accept],
        },
        {
          id: 'neighbours',
          statements: [
            nft.equal(nft.icmpv6Type, { set: ['nd-neighbor-solicit', 'nd-neighbor-advert'] }),
            nft.accept,
          ],
        },
        {
          id: 'some-services',
          statements: [
            nft.equal(service, { set: [nft.concat('tcp', 22), nft.concat('udp', 51820)] }),
            nft.accept,
          ],
        },
        { id: 'of-a-user', statements: [nft.equal(nft.skuid, 73478), nft.accept] },
        { id: 'drop-without-backend', statements: [nft.contains(service, '@published'), nft.drop] },
      ],
    },
    {
      name: 'accounts',
      rules: [
        {
          id: 'in',
          statements: [nft.equal({ ct: { key: 'direction' } }, 'original'), nft.count('media-in')],
        },
        { id: 'out', statements: [nft.equal({ ct: { key: 'direction' } }, 'reply'), nft.count('media-out')] },
        { id: 'ours', statements: [nft.equal(nft.payload('ip', 'saddr'), '@ours'), nft.returnVerdict] },
      ],
    },
  ],
};

/** The same table with another target of 7882/udp. */
export function withTarget(spec: nft.TableSpec, value: string): nft.TableSpec {
  const maps = spec.maps.map((map) =>
    map.name === 'targets'
      ? {
          ...map,
          elements: map.elements.map((element) =>
            element.key[1] === 7882 ? { ...element, value } : element,
          ),
        }
      : map,
  );
  return { ...spec, maps };
}

/** The same table with other rules in one of its chains. */
export function withRules(
  spec: nft.TableSpec,
  chain: string,
  change: (rules: readonly nft.RuleSpec[]) => readonly nft.RuleSpec[],
): nft.TableSpec {
  const chains = spec.chains.map((each) =>
    each.name === chain ? { ...each, rules: change(each.rules) } : each,
  );
  return { ...spec, chains };
}
