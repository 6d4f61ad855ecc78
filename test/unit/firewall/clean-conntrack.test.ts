import test from 'ava';
import { cleanConntrack } from '../../../agent/firewall/clean-conntrack.ts';
import type { Publication } from '../../../agent/firewall/conntrack-entries.ts';
import type { Run } from '../../../agent/system/processes.ts';

const now: Publication = {
  published: [
    { protocol: 'udp', port: 7882, service: 'livekit' },
    { protocol: 'tcp', port: 7881, service: 'livekit' },
  ],
  backends: new Map([['livekit', '172.30.5.3']]),
  backends6: new Map([['livekit', 'fd00:5::3']]),
  subnets: ['172.30.5.0/24', 'fd00:5::/64'],
  localAddresses: new Set(['198.51.100.1', '2001:db8:51::1']),
};
const udp = (client: string, host: string, backend: string, port = 7882) =>
  `udp      17 29 src=${client} dst=${host} sport=5000 dport=${port} src=${backend} dst=${client} sport=${port} dport=5000 mark=0 use=1\n`;

/** Answers a listing with these lines, and a deletion as it is; every command is kept. */
function conntrack(listing: string) {
  const commands: string[] = [];
  const run: Run = async (_, args) => {
    commands.push(args.join(' '));
    return { exitCode: 0, stdout: args[0] === '-L' ? listing : '', stderr: '', durationMs: 1 };
  };
  return { run, commands };
}

test('one listing tells of all ports and both families; what leads elsewhere is deleted, once a wrong place', async (t) => {
  const { run, commands } = conntrack(
    [
      udp('198.51.100.2', '198.51.100.1', '172.30.5.2'),
      udp('198.51.100.3', '198.51.100.1', '172.30.5.2'),
      udp('198.51.100.4', '198.51.100.1', '172.30.5.3'),
      udp('2001:db8:51::2', '2001:db8:51::1', 'fd00:5::2'),
      udp('198.51.100.2', '198.51.100.1', '172.30.5.2', 53),
      udp('198.51.100.2', '198.51.100.1', '172.30.5.2', 17_882),
    ].join(''),
  );
  t.is(await cleanConntrack(run, now), 3);
  t.deepEqual(commands, [
    '-L',
    '-D -f ipv4 -p udp --orig-dst 198.51.100.1 --orig-port-dst 7882 --reply-src 172.30.5.2 --reply-port-src 7882',
    '-D -f ipv6 -p udp --orig-dst 2001:db8:51::1 --orig-port-dst 7882 --reply-src fd00:5::2 --reply-port-src 7882',
  ]);
});

test('where nothing is published nothing is asked', async (t) => {
  const { run, commands } = conntrack('');
  t.is(await cleanConntrack(run, { ...now, published: [] }), 0);
  t.deepEqual(commands, []);
});

test('a conntrack that fails is an error with its words', async (t) => {
  const run: Run = async () => ({ exitCode: 1, stdout: '', stderr: 'Operation failed', durationMs: 1 });
  await t.throwsAsync(cleanConntrack(run, now), { code: 'CONNTRACK_FAILED', message: /Operation failed/ });
});
