import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { gatherClock, pathExists } from '../../../agent/conditions/gather/clock.ts';
import { gatherDisks } from '../../../agent/conditions/gather/disks.ts';
import { gatherCompose, gatherEngine } from '../../../agent/conditions/gather/engine.ts';
import { forwardPath, gatherForwardPath } from '../../../agent/conditions/gather/forward-path.ts';
import { listFilterRules } from '../../../agent/conditions/gather/iptables.ts';
import { gatherMemory } from '../../../agent/conditions/gather/memory.ts';
import { within } from '../../../agent/conditions/gather/within.ts';
import { createEngine } from '../../../agent/engine/engine.ts';
import type { EngineVersion } from '../../../agent/engine/types.ts';
import type { EngineUnitState } from '../../../agent/engine/unit.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import type { Run } from '../../../agent/system/processes.ts';

const answers =
  (exitCode: number, stdout: string, stderr = ''): Run =>
  async () => ({ exitCode, stdout, stderr, durationMs: 1 });
const failing = (message: string) => async (): Promise<never> => {
  throw new AgentError({ code: 'PROCESS_TIMEOUT', message, hint: 'hint' });
};

test('the forward path is read from iptables, with what became of our rule', async (t) => {
  const ours =
    '-A DOCKER-USER -m mark --mark 0x200000/0x200000 -m comment --comment appliance-agent -j ACCEPT';
  for (const [text, open, rule] of [
    ['-P FORWARD ACCEPT', true, 'no-chain'],
    [
      '-P FORWARD DROP\n-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j RETURN',
      false,
      'missing',
    ],
    [`-P FORWARD DROP\n-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n${ours}`, true, 'present'],
  ] as const) {
    t.like(await gatherForwardPath(answers(0, `${text}\n`)), { known: true, value: { open, rule } });
  }
});

test('where both kinds of iptables have rules, a packet must get through both, and ours goes where Docker’s are', (t) => {
  const docker = '-P FORWARD DROP\n-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n';
  const ours =
    '-A DOCKER-USER -m mark --mark 0x200000/0x200000 -m comment --comment appliance-agent -j ACCEPT\n';
  const legacy = { family: 'ip', program: '/usr/sbin/iptables-legacy', rules: docker + ours } as const;
  const nft = (rules: string) => ({ family: 'ip' as const, program: '/usr/sbin/iptables-nft', rules });
  const dropping = '-A FORWARD -o br-appliance -j DROP';
  t.like(forwardPath([legacy, nft('-P FORWARD ACCEPT\n')]), {
    open: true,
    detail: `iptables-legacy: accepted by \`${ours.trim()}\``,
    rule: 'present',
    program: '/usr/sbin/iptables-legacy',
    inUse: ['iptables-legacy'],
  });
  t.like(forwardPath([legacy, nft(`-P FORWARD ACCEPT\n${dropping}\n`)]), {
    open: false,
    detail: `iptables-nft: dropped by \`${dropping}\`; DOCKER-USER has no rule that accepts our mark`,
    rule: 'present',
    program: '/usr/sbin/iptables-legacy',
    inUse: ['iptables-legacy', 'iptables-nft'],
  });
});

test('the path of IPv6 is looked at where Docker writes rules for it, and our rule is asked of ip6tables', (t) => {
  const ipv4 = { family: 'ip', program: '/usr/sbin/iptables', rules: '-P FORWARD ACCEPT\n' } as const;
  const ipv6 = (rules: string) => ({ family: 'ip6' as const, program: '/usr/sbin/ip6tables', rules });
  t.is(forwardPath([ipv4, ipv6('-P FORWARD DROP\n')]).ipv6, null);
  t.deepEqual(forwardPath([ipv4, ipv6('-P FORWARD DROP\n-N DOCKER-USER\n')]).ipv6, {
    open: false,
    detail: 'dropped by policy of FORWARD: DROP; DOCKER-USER has no rule that accepts our mark',
    rule: 'missing',
    program: '/usr/sbin/ip6tables',
  });
});

test('the legacy tables are listed only where the kernel has them, and IPv6’s only where it has IPv6', async (t) => {
  const asked = async (files: Readonly<Record<string, string>>) => {
    const directory = await mkdtemp(join(tmpdir(), 'aa-ip-'));
    t.teardown(() => rm(directory, { recursive: true }));
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const listings = await listFilterRules(answers(0, '-P FORWARD ACCEPT\n'), directory);
    return listings.map(({ program }) => program.replace('/usr/sbin/', ''));
  };
  t.deepEqual(await asked({ ip_tables_names: 'nat\n' }), ['iptables']);
  t.deepEqual(await asked({ ip_tables_names: 'nat\nfilter\n', ip6_tables_names: 'filter\n' }), [
    'iptables-legacy',
    'iptables-nft',
  ]);
  t.deepEqual(await asked({ if_inet6: '' }), ['iptables', 'ip6tables']);
  t.deepEqual(await asked({ if_inet6: '', ip6_tables_names: 'filter\n' }), [
    'iptables',
    'ip6tables-legacy',
    'ip6tables-nft',
  ]);
});

test('a forward path that cannot be read is unknown, never blocked', async (t) => {
  const denied =
    'iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)';
  t.deepEqual(await gatherForwardPath(answers(4, '', denied)), { known: false, why: 'needs root' });
  const busy = await gatherForwardPath(answers(4, '', 'resource busy\n'));
  // Both families are asked at once: either may be the first to say so.
  t.regex(busy.known ? '' : busy.why, /^ip6?tables -S exited 4: resource busy$/);
  t.deepEqual(await gatherForwardPath(failing('iptables could not be started')), {
    known: false,
    why: 'iptables could not be started',
  });
});

test('a filesystem is named once, by where it is mounted, also for a path that is not there yet', async (t) => {
  const fact = await gatherDisks(['/dev/shm', '/dev/shm/not/there/yet', '/proc', '/proc/1']);
  t.deepEqual(fact.known && fact.value.map(({ mount }) => mount), ['/dev/shm', '/proc']);
});

test('what is no path is unknown, with the reason', async (t) => {
  t.like(await gatherDisks(['/proc/self/comm/x']), { known: false });
});

test('this machine’s own root filesystem has a size and some room', async (t) => {
  const fact = await gatherDisks(['/']);
  if (!fact.known) return t.fail(fact.why);
  const [root] = fact.value;
  t.true(root !== undefined && root.sizeBytes > root.availableBytes && root.availableBytes > 0);
});

test('memory is read as the kernel tells it, with or without the time that programs waited', async (t) => {
  const proc = await mkdtemp(join(tmpdir(), 'aa-proc-'));
  t.teardown(() => rm(proc, { recursive: true }));
  await writeFile(join(proc, 'meminfo'), 'MemTotal:  1000 kB\nMemFree:  1 kB\nMemAvailable:  250 kB\n');
  const sizes = { availableBytes: 256_000, totalBytes: 1_024_000 };
  t.deepEqual(await gatherMemory(proc), { known: true, value: { ...sizes, waitedPercent: null } });
  await mkdir(join(proc, 'pressure'));
  const line = (kind: string, avg60: number) => `${kind} avg10=1.00 avg60=${avg60} avg300=0.10 total=9\n`;
  await writeFile(join(proc, 'pressure/memory'), line('some', 30) + line('full', 12.5));
  t.deepEqual(await gatherMemory(proc), { known: true, value: { ...sizes, waitedPercent: 12.5 } });
  await writeFile(join(proc, 'meminfo'), '');
  t.deepEqual(await gatherMemory(proc), { known: false, why: 'the kernel does not tell' });
});

test('this machine’s own memory is known', async (t) => {
  const fact = await gatherMemory();
  if (!fact.known) return t.fail(fact.why);
  t.true(fact.value.totalBytes > fact.value.availableBytes && fact.value.availableBytes > 0);
});

test('a wait ends with an error that names what was waited for', async (t) => {
  const error = await t.throwsAsync(
    within(10, 'listing the filesystems', delay(5_000, null, { ref: false })),
  );
  t.is(error?.message, 'listing the filesystems did not finish within 10 ms');
  t.is(await within(1_000, 'nothing', Promise.resolve('done')), 'done');
});

const WALL = '2026-11-22T13:00:00.000Z';
const clockWith = (run: Run, ...paths: string[]) =>
  gatherClock({ run, exists: async (path) => paths.includes(path), wall: () => WALL });

test('where systemd runs, timedatectl says whether the clock is synchronised', async (t) => {
  for (const [stdout, synchronized] of [
    ['yes\n', true],
    ['no\n', false],
    ['', null],
  ] as const) {
    const fact = await clockWith(answers(0, stdout), '/run/systemd/system');
    t.like(fact, { known: true, value: { wall: WALL, synchronized } });
  }
});

test('a timedatectl that fails leaves the wall clock known and its synchronisation unknown', async (t) => {
  const fact = await clockWith(failing('timedatectl did not finish'), '/run/systemd/system');
  t.deepEqual(fact, {
    known: true,
    value: { wall: WALL, synchronized: null, detail: 'timedatectl did not finish' },
  });
});

test('without systemd only the mark of timesyncd tells', async (t) => {
  const never = failing('must not be called');
  t.like(await clockWith(never, '/run/systemd/timesync/synchronized'), { value: { synchronized: true } });
  t.like(await clockWith(never), { value: { synchronized: null } });
});

test('a path exists or it does not', async (t) => {
  t.true(await pathExists('/proc/self'));
  t.false(await pathExists('/proc/self/nothing'));
});

test('an engine that answers, one that does not, and one that is not ours to ask are three things', async (t) => {
  const now = { bootId: 'b', monotonicMs: 90_000, wall: '2026-11-22T13:00:30.000Z' };
  const gather = (version: () => Promise<EngineVersion>, state: EngineUnitState = { kind: 'other' }) =>
    gatherEngine(version, { state: async () => state }, { now: () => now });
  t.deepEqual(await gather(async () => ({ version: '20.10.24', apiVersion: '1.41' })), {
    known: true,
    value: { version: '20.10.24', error: null, stoppedAt: null },
  });
  const absent = createEngine({ socket: '/nonexistent/docker.sock' });
  const fact = await gather(() => absent.version());
  t.true(
    fact.known && fact.value.error?.includes('/nonexistent/docker.sock') && fact.value.stoppedAt === null,
  );
  const stopped = await gather(() => absent.version(), { kind: 'stopped', atMonotonicMs: 60_000 });
  t.like(stopped, { value: { stoppedAt: '2026-11-22T13:00:00.000Z' } });
  const cause = Object.assign(new Error('connect EACCES'), { code: 'EACCES' });
  const denied = new AgentError({ code: 'ENGINE_UNREACHABLE', message: 'no permission', hint: '', cause });
  t.deepEqual(await gather(() => Promise.reject(denied)), { known: false, why: 'needs root' });
});

test('only a missing Compose is missing; any other failure leaves it unknown', async (t) => {
  t.deepEqual(await gatherCompose(async () => '2.26.1'), {
    known: true,
    value: { version: '2.26.1', detail: '' },
  });
  const missing = new AgentError({ code: 'COMPOSE_MISSING', message: 'not installed', hint: '' });
  t.deepEqual(await gatherCompose(() => Promise.reject(missing)), {
    known: true,
    value: { version: null, detail: 'not installed' },
  });
  t.deepEqual(await gatherCompose(failing('it hangs')), { known: false, why: 'it hangs' });
});
