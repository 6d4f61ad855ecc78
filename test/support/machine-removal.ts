import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../../agent/system/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../../agent/system/files.ts';
import { run, runOk } from '../../agent/system/processes.ts';
import { cgroupsOf, mountPointsBelow, processesOf, shimSocketsOf, startTimeOf } from './machine-traces.ts';

/** On disk, not a tmpfs: Docker's overlay needs a real file system below it. */
const ROOTS = '/var/tmp';
const PREFIX = 'aa-machine-';
const OWNER = 'owner.json';

export interface MachineNames {
  readonly root: string;
  readonly hostNamespace: string;
  readonly clientNamespace: string;
}

export function machineNames(id: string): MachineNames {
  return {
    root: join(ROOTS, PREFIX + id),
    hostNamespace: `aa-host-${id}`,
    clientNamespace: `aa-client-${id}`,
  };
}

/** The test process that a machine belongs to; a process id alone could be another process by now. */
interface Owner {
  readonly pid: number;
  readonly startTime: string | null;
}

/** Removes whatever exists of a machine: processes, mounts, cgroups, namespaces, files. Does nothing when nothing does. */
export async function removeMachine(id: string): Promise<void> {
  const { root, hostNamespace, clientNamespace } = machineNames(id);
  const namespaces = [hostNamespace, clientNamespace];
  await endProcesses(root, namespaces);
  for (const mountPoint of await mountPointsBelow(root)) {
    await runOk(run, 'umount', [mountPoint], {
      timeoutMs: 10_000,
      code: 'MACHINE_NOT_UNMOUNTED',
      hint: `Find who uses it: fuser -vm ${mountPoint}`,
    });
  }
  for (const namespace of namespaces) {
    if (!(await isDone(() => stat(`/run/netns/${namespace}`), 'ENOENT'))) continue;
    await runOk(run, 'ip', ['netns', 'delete', namespace], {
      timeoutMs: 10_000,
      code: 'MACHINE_NOT_REMOVED',
      hint: `Remove it by hand: ip netns delete ${namespace}`,
    });
  }
  await rm(root, { recursive: true, force: true });
}

/** Removes the machines whose test process is gone, e.g. killed at a time limit. Returns their ids. */
export async function removeAbandonedMachines(): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(ROOTS)) {
    if (!name.startsWith(PREFIX) || !(await takeOver(join(ROOTS, name)))) continue;
    const id = name.slice(PREFIX.length);
    await removeMachine(id);
    removed.push(id);
  }
  return removed;
}

/** Says whose a machine is. */
export async function own(root: string): Promise<void> {
  const owner: Owner = { pid: process.pid, startTime: await startTimeOf(process.pid) };
  await writeFileAtomic(join(root, OWNER), JSON.stringify(owner), { mode: 0o644, durable: false });
}

/** True when the machine's owner is gone and this process, of all that look at it now, is the one to remove it. */
async function takeOver(root: string): Promise<boolean> {
  const text = await readFileIfPresent(join(root, OWNER));
  // It is being made, or another process is taking it over, this very moment.
  if (text === null) return false;
  const owner: Owner = JSON.parse(text);
  if ((await startTimeOf(owner.pid)) === owner.startTime) return false;
  const claim = () => rename(join(root, OWNER), join(root, `${OWNER}.former`));
  if (!(await isDone(claim, 'ENOENT'))) return false;
  await own(root);
  return true;
}

async function endProcesses(root: string, namespaces: readonly string[]): Promise<void> {
  const deadline = performance.now() + 20_000;
  const cgroups = new Set<string>();
  const sockets = new Set<string>();
  for (;;) {
    const pids = await processesOf(root, namespaces);
    if (pids.length === 0) break;
    if (performance.now() > deadline) {
      throw new Error(`processes of the machine do not end: ${pids.join(' ')}`);
    }
    for (const pid of pids) {
      for (const cgroup of await cgroupsOf(pid)) cgroups.add(cgroup);
      for (const socket of await shimSocketsOf(pid)) sockets.add(socket);
      await isDone(() => process.kill(pid, 'SIGKILL'), 'ESRCH');
    }
    await sleep(50);
  }
  for (const socket of sockets) await rm(socket, { force: true });
  // Deepest first. EBUSY: others live in it, so it is not the machine's own.
  const deepestFirst = [...cgroups].sort((a, b) => b.length - a.length);
  for (const cgroup of deepestFirst) await isDone(() => rmdir(cgroup), 'ENOENT', 'EBUSY');
}

/** False when it could not be done for one of these reasons: somebody else was quicker, or nothing is there. */
async function isDone(act: () => unknown, ...reasons: string[]): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (reasons.some((code) => isErrno(error, code))) return false;
    throw error;
  }
}
