import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOfProcess } from '../../agent/conditions/gather/proc.ts';
import { type RunResult, run, runOk } from '../../agent/system/processes.ts';
import type { Suite } from '../support/debian-root.ts';
import { makeFreshRoot } from './fresh-root.ts';
import { type RegistryProxy, startRegistryProxy } from './registry-proxy.ts';

export interface FreshMachine {
  /** Its root directory, seen from this machine. */
  readonly root: string;
  /** Its address on the wire to this machine. */
  readonly address: string;
  /** Runs a shell script as root in the machine. */
  sh(script: string, timeoutMs?: number): Promise<RunResult>;
  destroy(): Promise<void>;
}

const DIRECTORY = resolve(import.meta.dirname, '../../.cache/install/machines');
const HOST_ADDRESS = '198.18.77.1';
const MACHINE_ADDRESS = '198.18.77.2';
const LINK = 'aa-install0';
const PEER = 'aa-install1';

/** `is-system-running` fails until there is a bus to ask, and says `degraded` when any unit failed. */
const BOOTED =
  'until systemctl is-system-running --wait 2>/dev/null | grep -E "running|degraded"; do sleep 0.2; done';
/**
 * nspawn puts a boot id of its own over the kernel's, but a unit with a hardened /proc sees the kernel's: on a real
 * machine there is only one.
 */
const SHOW_KERNEL_BOOT_ID = 'while umount /proc/sys/kernel/random/boot_id 2>/dev/null; do :; done';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * A bare Debian as a system container: its own processes, network, cgroups and root. `init: 'systemd'` boots it;
 * `init: 'none'` starts no service manager, as in a container or on a development machine.
 */
export async function freshMachine(options: {
  suite: Suite;
  init: 'systemd' | 'none';
}): Promise<FreshMachine> {
  await removeAbandoned();
  const root = await mkdtemp(join(DIRECTORY, `${options.suite}-`));
  let proxy: RegistryProxy | null = null;
  let container: Container | null = null;
  const destroy = async () => {
    if (container !== null) await stopContainer(container);
    await proxy?.close();
    await run('ip', ['link', 'delete', LINK], { timeoutMs: 10_000 });
    await rm(root, { recursive: true, force: true });
  };
  try {
    await makeLink();
    proxy = await startRegistryProxy(HOST_ADDRESS);
    await makeFreshRoot(root, { suite: options.suite, proxy: `http://${HOST_ADDRESS}:${proxy.port}` });
    const started = await startContainer(root, options.init);
    container = started;
    if (options.init === 'systemd') await shell(started, BOOTED, 60_000);
    await shell(started, SHOW_KERNEL_BOOT_ID);
    return {
      root,
      address: MACHINE_ADDRESS,
      sh: (script, timeoutMs) => shell(started, script, timeoutMs),
      destroy,
    };
  } catch (error) {
    await destroy();
    throw error;
  }
}

/** What a test run that was killed left: its container (named by its root), its wire, its root. */
async function removeAbandoned(): Promise<void> {
  const left = await run('pgrep', ['-f', `^systemd-nspawn .*--directory=${DIRECTORY}/`], {
    timeoutMs: 10_000,
  });
  for (const pid of left.stdout.split('\n').filter((line) => line !== '')) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    for (const leader of children.trim().split(' ')) process.kill(Number(leader), 'SIGKILL');
  }
  await run('ip', ['link', 'delete', LINK], { timeoutMs: 10_000 });
  await rm(DIRECTORY, { recursive: true, force: true });
  await mkdir(DIRECTORY, { recursive: true });
}

interface Container {
  readonly process: ChildProcess;
  /** Pid, on this machine, of the container's PID 1. */
  readonly leader: number;
}

/** See facts on testing appliances: without the variable the engine finds no cgroups, without the filter runc no keyring. */
async function startContainer(root: string, init: 'systemd' | 'none'): Promise<Container> {
  const args = [
    '--quiet',
    `--directory=${root}`,
    '--register=no',
    '--keep-unit',
    '--console=pipe',
    '--link-journal=no',
  ];
  // A private network, not a named one: only then may the engine in there set its sysctls.
  args.push('--private-network', '--capability=all');
  args.push('--system-call-filter=add_key keyctl bpf perf_event_open');
  args.push(...(init === 'systemd' ? ['--boot'] : ['--as-pid2', '/bin/sleep', 'infinity']));
  const child = spawn('systemd-nspawn', args, {
    stdio: 'ignore',
    env: { PATH, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
  });
  const exited = new Promise<never>((_, reject) => child.once('error', reject));
  const leader = await Promise.race([findLeader(child), exited]);
  await plugIn(leader);
  return { process: child, leader };
}

async function findLeader(child: ChildProcess): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`systemd-nspawn exited ${child.exitCode}`);
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    const leader = Number(children.trim().split(' ')[0]);
    // Inside, PID 1 is there before its root is: the wait ends when it runs what it was told to.
    // Before it there may be a helper of nspawn, gone again by now.
    const name = leader > 0 ? ((await readOfProcess(`/proc/${leader}/comm`)) ?? '').trim() : '';
    if (name !== '' && name !== 'systemd-nspawn' && name !== '(sd-child)') return leader;
    await sleep(100);
  }
  throw new Error('systemd-nspawn started nothing within 10 s');
}

function shell({ leader }: Container, script: string, timeoutMs = 30_000): Promise<RunResult> {
  const environment = ['env', '-i', 'HOME=/root', `PATH=${PATH}`, 'TERM=dumb'];
  const args = [
    '-t',
    String(leader),
    '-m',
    '-p',
    '-u',
    '-i',
    '-n',
    '-C',
    '--',
    ...environment,
    'sh',
    '-c',
    script,
  ];
  return run('nsenter', args, { timeoutMs });
}

/** The end of PID 1 is the end of everything in its PID namespace. */
async function stopContainer({ process: child, leader }: Container): Promise<void> {
  const exited = new Promise<void>((resolve) =>
    child.exitCode === null ? child.once('exit', () => resolve()) : resolve(),
  );
  process.kill(leader, 'SIGKILL');
  await Promise.race([exited, sleep(10_000)]);
  await removeCgroups();
}

/** nspawn leaves its cgroups behind, empty; those of a container that still runs cannot be removed. */
async function removeCgroups(): Promise<void> {
  const left = ['/sys/fs/cgroup/unified/payload', '/sys/fs/cgroup/systemd/payload', '/sys/fs/cgroup/payload'];
  await run('find', [...left, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'], { timeoutMs: 10_000 });
}

/** A wire between this machine and the one to come; its other end waits in this machine for somebody to plug it in. */
async function makeLink(): Promise<void> {
  await ip('link', 'add', LINK, 'type', 'veth', 'peer', 'name', PEER);
  await ip('addr', 'add', `${HOST_ADDRESS}/30`, 'dev', LINK);
  await ip('link', 'set', LINK, 'up');
}

async function plugIn(leader: number): Promise<void> {
  await ip('link', 'set', PEER, 'netns', String(leader), 'name', 'eth0');
  const inside = ['-t', String(leader), '-n', 'ip'];
  for (const args of [
    ['link', 'set', 'lo', 'up'],
    ['addr', 'add', `${MACHINE_ADDRESS}/30`, 'dev', 'eth0'],
    ['link', 'set', 'eth0', 'up'],
    ['route', 'replace', 'default', 'via', HOST_ADDRESS],
  ])
    await required('nsenter', [...inside, ...args]);
}

const ip = (...args: string[]) => required('ip', args);

function required(command: string, args: readonly string[]) {
  return runOk(run, command, args, {
    timeoutMs: 10_000,
    code: 'TEST_MACHINE',
    hint: 'The wire to the machine could not be made.',
  });
}
