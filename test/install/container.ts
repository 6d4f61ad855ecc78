import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../../agent/system/errors.ts';
import { type RunResult, run } from '../../agent/system/processes.ts';

/** `is-system-running` fails until there is a bus to ask, and says `degraded` when any unit failed. */
const BOOTED =
  'until systemctl is-system-running --wait 2>/dev/null | grep -E "running|degraded"; do sleep 0.2; done';
/**
 * nspawn puts a boot id of its own over the kernel's, but a unit with a hardened /proc sees the kernel's: on a real
 * machine there is only one.
 */
export const SHOW_KERNEL_BOOT_ID = 'while umount /proc/sys/kernel/random/boot_id 2>/dev/null; do :; done';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface Container {
  readonly process: ChildProcess;
  /** Pid, on this machine, of the container's PID 1. */
  readonly leader: number;
}

/** See facts on testing appliances: without the variable the engine finds no cgroups, without the filter runc no keyring. */
export async function startContainer(root: string, init: 'systemd' | 'none'): Promise<Container> {
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
  return { process: child, leader: await Promise.race([findLeader(child), exited]) };
}

async function findLeader(child: ChildProcess): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`systemd-nspawn exited ${child.exitCode}`);
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    const leader = Number(children.trim().split(' ')[0]);
    // Inside, PID 1 is there before its root is: the wait ends when it runs what it was told to.
    const name = leader > 0 ? await nameOf(leader) : '';
    if (name !== '' && name !== 'systemd-nspawn' && name !== '(sd-child)') return leader;
    await sleep(100);
  }
  throw new Error('systemd-nspawn started nothing within 10 s');
}

/** The name of a process; '' when it has ended: nspawn has helpers that live for a moment. */
async function nameOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return '';
    throw error;
  }
}

/** Waits until systemd is up, and shows the machine's kernel as a real one shows it. */
export async function awaitBoot(container: Container): Promise<void> {
  await shell(container, BOOTED, 60_000);
  await shell(container, SHOW_KERNEL_BOOT_ID);
}

/** Runs a shell script as root in the container. */
export function shell({ leader }: Container, script: string, timeoutMs = 30_000): Promise<RunResult> {
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
export async function stopContainer({ process: child, leader }: Container): Promise<void> {
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
