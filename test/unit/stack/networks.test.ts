import test from 'ava';
import {
  addressIn,
  composeNetworks,
  networksWithLocked,
  singleNetwork,
} from '../../../agent/stack/networks.ts';
import { LOCKED_NETWORK, NETWORK } from '../../../agent/stack/types.ts';

const addressing = { subnet: '172.30.5.0/24', subnet6: 'fd4a:9c1e:7d30:5::/64' };

test('one network has every address that is configured', (t) => {
  t.like(singleNetwork(addressing)[0], addressing);
  t.is(singleNetwork({ ...addressing, subnet6: 'none' })[0]?.subnet6, null);
});

test('with a service that is locked in each network has a half of the addresses, in both families', (t) => {
  const [open, locked] = networksWithLocked(addressing, 'lk-jwt');
  t.like(open, { subnet: '172.30.5.0/25', subnet6: 'fd4a:9c1e:7d30:5::/65' });
  t.like(locked, {
    subnet: '172.30.5.128/25',
    subnet6: 'fd4a:9c1e:7d30:5:8000::/65',
    locks: 'lk-jwt',
  });
});

test('the smallest and the largest subnet can be halved, and IPv6 left out', (t) => {
  const halves = (subnet: string) =>
    networksWithLocked({ subnet, subnet6: 'none' }, 'lk-jwt').map((network) => network.subnet);
  t.deepEqual(halves('192.168.255.240/28'), ['192.168.255.240/29', '192.168.255.248/29']);
  t.deepEqual(halves('10.1.0.0/16'), ['10.1.0.0/17', '10.1.128.0/17']);
  t.deepEqual(
    networksWithLocked({ ...addressing, subnet6: 'none' }, 'lk-jwt').map(({ subnet6 }) => subnet6),
    [null, null],
  );
});

test('addresses are counted from the first of the subnet', (t) => {
  t.is(addressIn('172.30.5.128/25', 2), '172.30.5.130');
  t.is(addressIn('fd4a:9c1e:7d30:5:8000::/65', 18), 'fd4a:9c1e:7d30:5:8000::12');
});

test('Docker takes its default route from the network that is published: its name comes first', (t) => {
  t.deepEqual([LOCKED_NETWORK, NETWORK].toSorted(), [NETWORK, LOCKED_NETWORK]);
});

test('interfaces have names that the kernel takes', (t) => {
  for (const { bridge } of networksWithLocked(addressing, 'lk-jwt')) t.regex(bridge, /^[a-z-]{1,15}$/);
});

test('a compose file has the networks as they are defined', (t) => {
  t.deepEqual(composeNetworks(singleNetwork({ ...addressing, subnet6: 'none' }), 'some'), {
    rtc: {
      driver: 'bridge',
      driver_opts: { 'com.docker.network.bridge.name': 'br-appliance' },
      enable_ipv6: false,
      ipam: { config: [{ subnet: '172.30.5.0/24' }] },
      labels: { 'org.appliance-agent.stack': 'some' },
    },
  });
  t.like(composeNetworks(networksWithLocked(addressing, 'lk-jwt'), 'some'), {
    token: {
      enable_ipv6: true,
      ipam: { config: [{ subnet: '172.30.5.128/25' }, { subnet: 'fd4a:9c1e:7d30:5:8000::/65' }] },
    },
  });
});
