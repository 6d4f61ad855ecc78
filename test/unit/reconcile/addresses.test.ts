import test from 'ava';
import { reachableAddresses, relayAddresses, turnAddresses } from '../../../agent/reconcile/addresses.ts';

const network = {
  name: 'site',
  id: 'n1',
  driver: 'bridge',
  bridge: 'site0',
  subnets: [],
  isOurs: false,
  createdAt: '2026-01-01T00:00:00Z',
};

test('loopback, link-local addresses and container bridges are not how others reach this host', (t) => {
  const addresses = [
    { interfaceName: 'lo', address: '127.0.0.1' },
    { interfaceName: 'eth1', address: '198.51.100.1' },
    { interfaceName: 'eth0', address: '192.0.2.10' },
    { interfaceName: 'eth2', address: '169.254.3.4' },
    { interfaceName: 'docker0', address: '172.17.0.1' },
    { interfaceName: 'br-appliance', address: '172.30.5.1' },
    { interfaceName: 'br-0123456789ab', address: '172.18.0.1' },
    { interfaceName: 'site0', address: '172.19.0.1' },
    { interfaceName: 'lo', address: '::1' },
    { interfaceName: 'eth0', address: 'fe80::1' },
    { interfaceName: 'eth0', address: '2001:db8::10' },
  ];
  const reachable = reachableAddresses(addresses, [network]);
  t.deepEqual(
    reachable.map(({ address }) => address),
    ['198.51.100.1', '192.0.2.10', '2001:db8::10'],
  );
  t.deepEqual(relayAddresses(reachable), ['192.0.2.10', '198.51.100.1'], 'coturn serves IPv4 alone');
});

const base = { wanted: 'auto', reachable: ['192.0.2.10'], configured: null, coturnRuns: false } as const;

test('with no network the relay waits on loopback', (t) => {
  t.deepEqual(turnAddresses({ ...base, reachable: [] }), ['127.0.0.1']);
});

test('an address that comes is taken up', (t) => {
  t.deepEqual(turnAddresses({ ...base, configured: ['127.0.0.1'], coturnRuns: true }), ['192.0.2.10']);
});

test('an address that goes does not restart a relay that runs', (t) => {
  const configured = ['192.0.2.10', '198.51.100.1'];
  t.deepEqual(turnAddresses({ ...base, configured, coturnRuns: true }), configured);
  t.deepEqual(turnAddresses({ ...base, reachable: [], configured, coturnRuns: true }), configured);
  t.deepEqual(turnAddresses({ ...base, configured, coturnRuns: false }), ['192.0.2.10']);
});

test('of the addresses that were asked for, those that this host has are used', (t) => {
  t.deepEqual(turnAddresses({ ...base, wanted: ['192.0.2.10', '203.0.113.9'] }), ['192.0.2.10']);
});
