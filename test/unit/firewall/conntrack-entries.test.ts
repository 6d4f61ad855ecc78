import test from 'ava';
import {
  contradictions,
  type Publication,
  parseConntrack,
} from '../../../agent/firewall/conntrack-entries.ts';

const HOST = '198.51.100.1';
const HOST6 = '2001:db8:51::1';
const now: Publication = {
  published: [
    { protocol: 'udp', port: 7882, service: 'livekit' },
    { protocol: 'tcp', port: 7881, service: 'livekit' },
  ],
  backends: new Map([['livekit', '172.30.5.3']]),
  backends6: new Map([['livekit', 'fd00:5::3']]),
  subnets: ['172.30.5.0/24', 'fd00:5::/64'],
  localAddresses: new Set([HOST, HOST6, '127.0.0.1', '::1', '172.30.5.1']),
};
const line = (protocol: string, original: string, reply: string) =>
  `${protocol}      17 29 ${original} [UNREPLIED] ${reply} mark=0 use=1`;
const stale = (text: string, changes: Partial<Publication> = {}) =>
  contradictions(parseConntrack(text), { ...now, ...changes }).length;

test('the lines of conntrack -L are read, also with a TCP state', (t) => {
  const text =
    'tcp      6 431999 ESTABLISHED src=198.51.100.2 dst=198.51.100.1 sport=40000 dport=7881 ' +
    'src=172.30.5.3 dst=198.51.100.2 sport=7881 dport=40000 [ASSURED] mark=0 use=1\n';
  t.deepEqual(parseConntrack(text), [
    {
      protocol: 'tcp',
      original: { source: '198.51.100.2', destination: HOST, sourcePort: 40000, destinationPort: 7881 },
      reply: { source: '172.30.5.3', destination: '198.51.100.2', sourcePort: 7881, destinationPort: 40000 },
    },
  ]);
  t.deepEqual(
    parseConntrack('icmp 1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=1 src=10.0.0.2 dst=10.0.0.1\n'),
    [],
  );
});

const client = `src=198.51.100.2 dst=${HOST} sport=5000 dport=7882`;

test('a flow that leads to the backend stays', (t) => {
  t.is(stale(line('udp', client, 'src=172.30.5.3 dst=198.51.100.2 sport=7882 dport=5000')), 0);
});

test('a flow that leads to the former backend goes', (t) => {
  t.is(stale(line('udp', client, 'src=172.30.5.2 dst=198.51.100.2 sport=7882 dport=5000')), 1);
});

test('a flow that is pinned to this host goes', (t) => {
  t.is(stale(line('udp', client, `src=${HOST} dst=198.51.100.2 sport=7882 dport=5000`)), 1);
});

test('with no backend every flow to the port goes', (t) => {
  const text = line('udp', client, 'src=172.30.5.3 dst=198.51.100.2 sport=7882 dport=5000');
  t.is(stale(text, { backends: new Map([['livekit', null]]) }), 1);
});

test('a flow to the same port of another machine is not ours', (t) => {
  const outgoing = `src=${HOST} dst=203.0.113.5 sport=5000 dport=7882`;
  t.is(stale(line('udp', outgoing, `src=203.0.113.5 dst=${HOST} sport=7882 dport=5000`)), 0);
});

test('loopback is never translated, so what is there is left alone', (t) => {
  const loopback = 'src=127.0.0.1 dst=127.0.0.1 sport=5000 dport=7882';
  t.is(stale(line('udp', loopback, 'src=127.0.0.1 dst=127.0.0.1 sport=7882 dport=5000')), 0);
});

test('a flow that the former SFU began, to a client or to the relay, goes; of the present one it stays', (t) => {
  const from = (sfu: string) => `src=${sfu} dst=203.0.113.5 sport=7882 dport=6000`;
  const back = `src=203.0.113.5 dst=${HOST} sport=6000 dport=7882`;
  t.is(stale(line('udp', from('172.30.5.2'), back)), 1);
  t.is(stale(line('udp', from('172.30.5.3'), back)), 0);
});

test('a program of this host that uses the same source port is left alone', (t) => {
  const own = `src=${HOST} dst=203.0.113.5 sport=7882 dport=6000`;
  t.is(stale(line('udp', own, `src=203.0.113.5 dst=${HOST} sport=6000 dport=7882`)), 0);
});

test('over IPv6 it is the same, with the address that the backend has there', (t) => {
  const client6 = `src=2001:db8:51::2 dst=${HOST6} sport=5000 dport=7882`;
  const answered = (by: string) => line('udp', client6, `src=${by} dst=2001:db8:51::2 sport=7882 dport=5000`);
  t.is(stale(answered('fd00:5::3')), 0);
  t.is(stale(answered('fd00:5::2')), 1);
  t.is(stale(answered(HOST6)), 1);
  t.is(stale(answered('fd00:5::3'), { backends6: new Map([['livekit', null]]) }), 1);
  const loopback = 'src=::1 dst=::1 sport=5000 dport=7882';
  t.is(stale(line('udp', loopback, 'src=::1 dst=::1 sport=7882 dport=5000')), 0);
  const from = (sfu: string) => `src=${sfu} dst=2001:db8:9::5 sport=7882 dport=6000`;
  const back = `src=2001:db8:9::5 dst=${HOST6} sport=6000 dport=7882`;
  t.is(stale(line('udp', from('fd00:5::2'), back)), 1);
  t.is(stale(line('udp', from('fd00:5::3'), back)), 0);
});
