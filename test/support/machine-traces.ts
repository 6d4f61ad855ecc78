import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { isErrno } from '../../agent/system/errors.ts';

/**
 * The processes of a machine: those in its network namespaces, and those in another mount namespace that shows its
 * folder (its containers, which have network namespaces of their own).
 */
export async function processesOf(root: string, namespaces: readonly string[]): Promise<number[]> {
  const networks = new Set(await Promise.all(namespaces.map(networkOf)));
  const ownMounts = await readlink('/proc/self/ns/mnt');
  const found: number[] = [];
  for (const pid of await allProcesses()) {
    const network = await ifTold(readlink(`/proc/${pid}/ns/net`));
    const mounts = await ifTold(readlink(`/proc/${pid}/ns/mnt`));
    if (network === null || mounts === null) continue;
    if (networks.has(network)) found.push(pid);
    else if (mounts !== ownMounts && (await mountTable(pid)).includes(`${root}/`)) found.push(pid);
  }
  return found;
}

/** The folders of the cgroups that a process is in and this test process is not. */
export async function cgroupsOf(pid: number): Promise<string[]> {
  const ours = new Set((await readFile('/proc/self/cgroup', 'utf8')).split('\n'));
  const theirs = ((await ifTold(readFile(`/proc/${pid}/cgroup`, 'utf8'))) ?? '').split('\n');
  return theirs
    .filter((line) => line !== '' && !ours.has(line))
    .flatMap((line) => {
      const [, controllers = '', ...rest] = line.split(':');
      const path = rest.join(':');
      // cgroups(7): version 2 has the one line `0::path`; version 1 a line for each hierarchy.
      const hierarchies = controllers === '' ? ['', 'unified'] : [controllers.replace(/^name=/, '')];
      return path === '/' ? [] : hierarchies.map((name) => `/sys/fs/cgroup/${name}${path}`);
    });
}

/** The sockets of containerd's shims in the process's network; a shim that is killed leaves its socket behind. */
export async function shimSocketsOf(pid: number): Promise<string[]> {
  const table = (await ifTold(readFile(`/proc/${pid}/net/unix`, 'utf8'))) ?? '';
  return [...new Set(table.match(/\/run\/containerd\/s\/[0-9a-f]{64}/g))];
}

/** Mount points in a folder, the newest first, so that they can be unmounted in this order. */
export async function mountPointsBelow(root: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines
    .map((line) => line.split(' ')[4] ?? '')
    .filter((mountPoint) => mountPoint.startsWith(`${root}/`))
    .reverse();
}

/** When a living process started, in clock ticks since boot (proc_pid_stat(5)); null when there is none, or a zombie. */
export async function startTimeOf(pid: number): Promise<string | null> {
  const line = await ifTold(readFile(`/proc/${pid}/stat`, 'utf8'));
  if (line === null) return null;
  // From the third field on: the second, the name in parentheses, may itself hold spaces and parentheses.
  const [state = 'X', ...rest] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return 'ZX'.includes(state) ? null : (rest[18] ?? null);
}

async function allProcesses(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter(Number.isInteger);
}

async function networkOf(namespace: string): Promise<string | null> {
  const inode = await ifTold(stat(`/run/netns/${namespace}`));
  return inode === null ? null : `net:[${inode.ino}]`;
}

async function mountTable(pid: number): Promise<string> {
  return (await ifTold(readFile(`/proc/${pid}/mountinfo`, 'utf8'))) ?? '';
}

/** /proc does not tell: the process is gone (ENOENT, ESRCH), a zombie (EINVAL), or may not be looked at (EACCES). */
const NOT_TOLD = ['ENOENT', 'ESRCH', 'EINVAL', 'EACCES'];

async function ifTold<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (NOT_TOLD.some((code) => isErrno(error, code))) return null;
    throw error;
  }
}
