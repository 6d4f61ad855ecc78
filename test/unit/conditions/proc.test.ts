import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { gatherConntrack } from '../../../agent/conditions/gather/conntrack.ts';
import { gatherDockerProxies } from '../../../agent/conditions/gather/docker-proxies.ts';
import { gatherPerimeterEffect } from '../../../agent/conditions/gather/perimeter-effect.ts';
import { gatherPortHolders } from '../../../agent/conditions/gather/port-holders.ts';
import { rememberSocketOwners } from '../../../agent/conditions/gather/socket-owners.ts';
import { parseSockets, socketCounts, waitingSockets } from '../../../agent/conditions/gather/sockets.ts';
import { gatherTurnsListener } from '../../../agent/conditions/gather/turns-listener.ts';
import type { Flow } from '../../../agent/firewall/flows.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'aa-cli-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function process(proc: string, pid: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(proc, pid), { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(proc, pid, name), content);
}

const proxy = (protocol: string, port: number) =>
  [
    '/usr/bin/docker-proxy',
    '-proto',
    protocol,
    '-host-ip',
    '0.0.0.0',
    '-host-port',
    String(port),
    '-container-ip',
    '172.17.0.2',
    '-container-port',
    '80',
    '',
  ].join('\0');
const STATUS = 'Name:\tdocker-proxy\nVmPeak:\t 1148908 kB\nVmRSS:\t    3000 kB\n';
const ROLLUP =
  '5581a000-7ffd2000 ---p 00000000 00:00 0 [rollup]\nRss:  3000 kB\nPss:  1500 kB\nPss_Dirty: 7 kB\n';

test('docker-proxy processes are counted and summed; the IPv4 and the IPv6 one hold one port', async (t) => {
  const proc = await folder(t);
  await process(proc, '1', { comm: 'systemd\n' });
  for (const [pid, protocol, port] of [
    ['20', 'udp', 7882],
    ['21', 'udp', 7882],
    ['22', 'tcp', 443],
  ] as const) {
    await process(proc, pid, {
      comm: 'docker-proxy\n',
      cmdline: proxy(protocol, port),
      status: STATUS,
      smaps_rollup: ROLLUP,
    });
  }
  await process(proc, '30', { comm: 'docker-proxyd\n', cmdline: proxy('tcp', 1), status: STATUS });
  t.deepEqual(await gatherDockerProxies(proc), {
    known: true,
    value: { count: 3, pssBytes: 4500 * 1024, rssBytes: 9000 * 1024, ports: ['443/tcp', '7882/udp'] },
  });
});

test('without the right to read PSS the count, the ports and RSS are still known', async (t) => {
  const proc = await folder(t);
  await process(proc, '1', { comm: 'systemd\n' });
  await process(proc, '20', { comm: 'docker-proxy\n', cmdline: proxy('udp', 7882), status: STATUS });
  t.like(await gatherDockerProxies(proc), { value: { count: 1, pssBytes: null, rssBytes: 3000 * 1024 } });
});

test('a docker-proxy of an engine in a container is not counted: it holds no port here', async (t) => {
  const proc = await folder(t);
  await process(proc, '1', { comm: 'systemd\n' });
  for (const [pid, net] of [
    ['self', 'net:[1]'],
    ['20', 'net:[1]'],
    ['21', 'net:[2]'],
  ] as const) {
    await process(proc, pid, { comm: 'docker-proxy\n', cmdline: proxy('udp', 7882), status: STATUS });
    await mkdir(join(proc, pid, 'ns'));
    await symlink(net, join(proc, pid, 'ns/net'));
  }
  t.like(await gatherDockerProxies(proc), { value: { count: 1 } });
});

test('a zombie docker-proxy is not counted', async (t) => {
  const proc = await folder(t);
  await process(proc, '1', { comm: 'systemd\n' });
  await process(proc, '20', {
    comm: 'docker-proxy\n',
    cmdline: '',
    status: 'Name:\tdocker-proxy\nState:\tZ (zombie)\n',
  });
  t.like(await gatherDockerProxies(proc), { value: { count: 0 } });
});

test('where the processes of others are hidden, none seen does not mean none there', async (t) => {
  const proc = await folder(t);
  await process(proc, '20', { comm: 'bash\n' });
  t.false((await gatherDockerProxies(proc)).known);
});

test('a real process named docker-proxy is found with its port and its memory', async (t) => {
  const program = join(await folder(t), 'docker-proxy');
  await copyFile('/bin/dash', program);
  // A shell that waits for input, and whose further words are those of docker-proxy.
  const words = ['-c', 'read line', ...proxy('udp', 47882).split('\0').slice(1, -1)];
  const child = spawn(program, words, { stdio: ['pipe', 'ignore', 'ignore'] });
  t.teardown(async () => {
    child.stdin.end();
    await once(child, 'exit');
  });
  await once(child, 'spawn');
  const fact = await gatherDockerProxies();
  if (!fact.known) return t.fail(fact.why);
  // Others on this machine may run some too.
  t.true(fact.value.count >= 1 && fact.value.ports.includes('47882/udp'));
  t.true(fact.value.rssBytes > 0 && (fact.value.pssBytes === null || fact.value.pssBytes > 0));
});

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:14E5 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1
   1: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1002 1
   2: 0100007F:14E5 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 1003 1
`;
const UDP6 = `   sl  local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  400: 00000000000000000000000000000000:14E5 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1004 2 0000000000000000 0
  401: 00000000000000000000000001000000:14E6 00000000000000000000000001000000:0035 01 00000000:00000000 00:00000000 00000000     0        0 1005 2 0000000000000000 0
`;

const portsIn = (table: string, protocol: 'tcp' | 'udp') =>
  parseSockets(table, protocol).map(({ port }) => port);

test('listeners are told from connections in the kernel’s socket tables', (t) => {
  t.deepEqual(portsIn(TCP, 'tcp'), [5349, 22]);
  t.deepEqual(portsIn(UDP6, 'udp'), [5349]);
});

test('a listener on 5349 is named with its protocol; a kernel without IPv6 has fewer tables', async (t) => {
  const net = await folder(t);
  t.like(await gatherTurnsListener(waitingSockets(net)), { value: { open: false } });
  await writeFile(join(net, 'tcp'), TCP);
  await writeFile(join(net, 'udp6'), UDP6);
  t.deepEqual(await gatherTurnsListener(waitingSockets(net)), {
    known: true,
    value: { open: true, detail: 'a program listens on 5349/tcp, 5349/udp (IPv6)' },
  });
});

test('a listener of this process is found in the kernel’s own table', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') return t.fail('no port');
  t.true(portsIn(await readFile('/proc/net/tcp', 'utf8'), 'tcp').includes(address.port));
});

test('sockets are counted by protocol, and what says nothing about them is left out', async (t) => {
  const net = await folder(t);
  t.is(await socketCounts(net), '', 'a kernel that does not count');
  await writeFile(
    join(net, 'sockstat'),
    'sockets: used 8\nTCP: inuse 1 orphan 0 tw 7 alloc 1\nUDP: inuse 2 mem 0\n',
  );
  t.is(await socketCounts(net), 'TCP: inuse 1 UDP: inuse 2');
  await writeFile(join(net, 'sockstat6'), 'TCP6: inuse 3\nUDP6: inuse 0\nRAW6: inuse 1\n');
  t.is(await socketCounts(net), 'TCP: inuse 1 UDP: inuse 2 TCP6: inuse 3 UDP6: inuse 0');
  t.regex(await socketCounts(), /^TCP: inuse \d+ UDP: inuse \d+/);
});

const INODE = '41234';
const LISTENER = '41235';

/** A /proc with a coturn in a container on 3478, and whatever else waits. */
async function procWith(
  t: ExecutionContext,
  sockets: readonly { readonly port: string; readonly address?: string; readonly inode: string }[],
  processes: Readonly<Record<string, { comm: string; inode: string; cgroup?: string }>>,
): Promise<string> {
  const proc = await folder(t);
  await mkdir(join(proc, 'net'));
  const lines = sockets.map(
    ({ port, address = '00000000', inode }, index) =>
      `  ${index}: ${address}:${port} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0 0`,
  );
  await writeFile(join(proc, 'net/udp'), `  sl  local_address …\n${lines.join('\n')}\n`);
  for (const [pid, { comm, inode, cgroup = '0::/system.slice\n' }] of Object.entries(processes)) {
    await process(proc, pid, { comm: `${comm}\n`, cgroup });
    await mkdir(join(proc, pid, 'fd'));
    await symlink(`socket:[${inode}]`, join(proc, pid, 'fd/7'));
  }
  return proc;
}

const FLOWS: readonly Flow[] = [
  { protocol: 'udp', from: 7882, to: 7882, way: 'forward', family: 'ip', subnet: '' },
  { protocol: 'udp', from: 3478, to: 3478, way: 'input', family: 'ip', subnet: '' },
  { protocol: 'udp', from: 49_152, to: 49_663, way: 'input', family: 'ip', subnet: '' },
];
const CONTAINER = `0::/system.slice/docker-${'ab'.repeat(32)}.scope\n`;

test('our relay in its container may hold its ports; a coturn of the distribution is named', async (t) => {
  const sockets = [{ port: '0D96', inode: INODE }];
  const ours = await procWith(t, sockets, { 20: { comm: 'turnserver', inode: INODE, cgroup: CONTAINER } });
  t.deepEqual(await gatherPortHolders(FLOWS, ours), { known: true, value: [] });
  const theirs = await procWith(t, sockets, { 20: { comm: 'turnserver', inode: INODE } });
  t.deepEqual(await gatherPortHolders(FLOWS, theirs), {
    known: true,
    value: [{ port: '3478/udp', kind: 'open', program: 'turnserver (pid 20)' }],
  });
});

test('a program on a published port is named, and one that waits on loopback or on another port is not', async (t) => {
  const proc = await procWith(
    t,
    [
      { port: '1ECA', inode: INODE },
      { port: '1ECA', address: '0100007F', inode: LISTENER },
      { port: '0035', inode: LISTENER },
    ],
    { 20: { comm: 'rival', inode: INODE }, 21: { comm: 'resolver', inode: LISTENER } },
  );
  t.deepEqual(await gatherPortHolders(FLOWS, proc), {
    known: true,
    value: [{ port: '7882/udp', kind: 'published', program: 'rival (pid 20)' }],
  });
});

test('owners are looked for anew when a socket is new, or the process of one is another by now', async (t) => {
  const proc = await procWith(t, [], { 20: { comm: 'turnserver', inode: INODE } });
  const ownersOf = rememberSocketOwners('turnserver', proc);
  const ownerOf = (inode: string) => ownersOf(new Set([inode])).get(inode)?.name;
  t.is(ownerOf(INODE), 'turnserver');
  await rm(join(proc, '20/fd'), { recursive: true });
  t.is(ownerOf(INODE), 'turnserver', 'not looked for again');
  t.is(ownerOf(LISTENER), undefined, 'a new one is');
  await mkdir(join(proc, '20/fd'));
  await symlink(`socket:[${INODE}]`, join(proc, '20/fd/7'));
  t.is(ownerOf(INODE), 'turnserver');
  await writeFile(join(proc, '20/comm'), 'chronyd\n');
  t.is(ownerOf(INODE), 'chronyd');
});

test('a port of the relay range is told from one that the relay needs', async (t) => {
  const proc = await procWith(t, [{ port: 'C001', inode: INODE }], { 20: { comm: 'chronyd', inode: INODE } });
  t.like(await gatherPortHolders(FLOWS, proc), { value: [{ port: '49153/udp', kind: 'relay' }] });
});

const MANAGEMENT = { networks: ['198.51.100.0/24'], ports: [{ protocol: 'tcp', port: 22 }] } as const;

test('a perimeter closes what waits and is nobody’s it lets in; who is logged in by SSH is named', async (t) => {
  const proc = await procWith(
    t,
    [
      { port: '0D96', inode: INODE },
      { port: '0044', inode: INODE },
      { port: '14E9', inode: LISTENER },
    ],
    {
      20: { comm: 'avahi-daemon', inode: LISTENER },
      21: { comm: 'sshd-session', inode: '51' },
      22: { comm: 'sshd', inode: '52' },
      23: { comm: 'curl', inode: '53' },
      24: { comm: 'docker-proxy', inode: '54' },
      25: { comm: 'docker-proxy', inode: '55' },
    },
  );
  const rest = '00000000:00000000 00:00000000 00000000     0        0';
  await writeFile(
    join(proc, 'net/tcp'),
    [
      `0: 016433C6:0016 026433C6:C001 01 ${rest} 51 1`,
      `1: 016433C6:2222 0A0200C0:C002 01 ${rest} 52 1`,
      `2: 016433C6:C003 026433C6:01BB 01 ${rest} 53 1`,
      `3: 0100007F:0016 0100007F:C004 01 ${rest} 52 1`,
      `4: 00000000:1F90 00000000:0000 0A ${rest} 54 1`,
    ].join('\n'),
  );
  const none = '0'.repeat(32);
  const mapped = '0000000000000000FFFF0000036433C6';
  await writeFile(
    join(proc, 'net/tcp6'),
    [
      `0: ${none}:1F90 ${none}:0000 0A ${rest} 55 1`,
      `1: ${mapped}:0016 ${mapped}:C005 01 ${rest} 52 1`,
      `2: ${none}:0016 B80D0120000000000000000007000000:C006 01 ${rest} 52 1`,
    ].join('\n'),
  );
  t.deepEqual(await gatherPerimeterEffect({ flows: FLOWS, management: MANAGEMENT, mdns: false }, proc), {
    known: true,
    value: {
      closes: [
        { port: '8080/tcp', program: 'docker-proxy (pid 25), by IPv6 alone' },
        { port: '5353/udp', program: 'avahi-daemon (pid 20)' },
      ],
      sessions: [
        { from: '198.51.100.2', port: 22, mayComeAgain: true },
        { from: '192.0.2.10', port: 8738, mayComeAgain: false },
        { from: '198.51.100.3', port: 22, mayComeAgain: true },
        { from: '2001:db8::7', port: 22, mayComeAgain: false },
      ],
    },
  });
  t.like(await gatherPerimeterEffect({ flows: FLOWS, management: null, mdns: false }, proc), {
    known: false,
  });
});

test('the connections that are tracked are counted against their limit; a kernel that tracks none is not full', async (t) => {
  const sysctls = await folder(t);
  t.like(await gatherConntrack(sysctls), { known: false });
  await writeFile(join(sysctls, 'nf_conntrack_count'), '17\n');
  await writeFile(join(sysctls, 'nf_conntrack_max'), '262144\n');
  t.deepEqual(await gatherConntrack(sysctls), { known: true, value: { count: 17, max: 262_144 } });
});
