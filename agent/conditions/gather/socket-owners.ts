import { join } from 'node:path';
import { linkOfProcess, nameOfProcess, namesOfProcess, pidsOf } from './proc.ts';

export interface Process {
  readonly pid: string;
  readonly name: string;
}

/**
 * The process of each socket, by the socket's inode. To see other users' it needs root. Processes called `first` are
 * looked into before the others, and the search ends when every socket is found.
 */
export function socketOwners(
  inodes: ReadonlySet<string>,
  first: string,
  procDirectory: string,
): ReadonlyMap<string, Process> {
  const owners = new Map<string, Process>();
  if (inodes.size === 0) return owners;
  const processes = pidsOf(procDirectory).map((pid) => ({
    pid,
    name: nameOfProcess(join(procDirectory, pid)) ?? '',
  }));
  const rank = ({ name }: Process) => (name === first ? 0 : 1);
  for (const owner of processes.toSorted((a, b) => rank(a) - rank(b))) {
    if (owners.size === inodes.size) break;
    const directory = join(procDirectory, owner.pid, 'fd');
    for (const descriptor of namesOfProcess(directory) ?? []) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOfProcess(join(directory, descriptor)) ?? '')?.[1];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, owner);
    }
  }
  return owners;
}

/**
 * The same for sockets that are asked about again and again: all processes are looked through only when one of the sockets
 * is new, or its process is gone.
 */
export function rememberSocketOwners(
  first: string,
  procDirectory = '/proc',
): (inodes: ReadonlySet<string>) => ReadonlyMap<string, Process> {
  let owners: ReadonlyMap<string, Process> = new Map();
  const lives = ({ pid, name }: Process) => nameOfProcess(join(procDirectory, pid)) === name;
  return (inodes) => {
    const found = [...inodes].flatMap((inode) => owners.get(inode) ?? []);
    if (found.length < inodes.size || ![...new Set(found)].every(lives))
      owners = socketOwners(inodes, first, procDirectory);
    return owners;
  };
}

/** A program for people, e.g. `docker-proxy (pid 812)`. */
export const programName = (owner: Process | undefined) =>
  owner === undefined ? 'a program that /proc does not show' : `${owner.name} (pid ${owner.pid})`;
