import { join } from 'node:path';
import { type Flow, flowName } from '../../firewall/flows.ts';
import { describeError } from '../../system/errors.ts';
import { known, unknown } from '../findings.ts';
import type { Facts, PortHolder } from '../types.ts';
import { linkOfProcess, namesOfProcess, pidsOf, readOfProcess } from './proc.ts';
import { type WaitingSocket, waitingSockets } from './sockets.ts';

/** The relay of the stack runs on the host's network, in a container: Docker names its cgroup by 64 hexadecimal digits. */
const RELAY = 'turnserver';
const IN_CONTAINER = /[0-9a-f]{64}/;

interface Process {
  readonly pid: string;
  readonly name: string;
}

/** Programs other than our relay that wait on the ports of these flows. To name other users' programs it needs root. */
export async function gatherPortHolders(
  flows: readonly Flow[],
  procDirectory = '/proc',
): Promise<Facts['portHolders']> {
  if (flows.length === 0) return unknown('it is not known yet what is published');
  try {
    const claimed = (await waitingSockets(join(procDirectory, 'net'))).flatMap((socket) => {
      const flow = flows.find((one) => claims(one, socket));
      // What only this host can reach is neither hidden by our translation nor in the relay's way.
      return flow === undefined || socket.loopback ? [] : [{ socket, flow }];
    });
    const owners = await ownersOf(new Set(claimed.map(({ socket }) => socket.inode)), procDirectory);
    const holders: PortHolder[] = [];
    for (const { socket, flow } of claimed) {
      const owner = owners.get(socket.inode);
      if (owner === undefined && process.getuid?.() !== 0) return unknown('needs root');
      if (owner !== undefined && flow.way === 'input' && (await isOurRelay(owner, procDirectory))) continue;
      holders.push({
        port: flowName({ ...socket, from: socket.port, to: socket.port }),
        kind: flow.way === 'forward' ? 'published' : flow.from === flow.to ? 'open' : 'relay',
        program:
          owner === undefined ? 'a program that /proc does not show' : `${owner.name} (pid ${owner.pid})`,
      });
    }
    return known(distinct(holders));
  } catch (error) {
    return unknown(describeError(error));
  }
}

const claims = ({ protocol, from, to }: Flow, socket: WaitingSocket) =>
  socket.protocol === protocol && socket.port >= from && socket.port <= to;

async function isOurRelay({ pid, name }: Process, procDirectory: string): Promise<boolean> {
  if (name !== RELAY) return false;
  return IN_CONTAINER.test((await readOfProcess(join(procDirectory, pid, 'cgroup'))) ?? '');
}

/** The process of each socket. The relays are looked into first: on most machines every socket is theirs. */
async function ownersOf(
  inodes: ReadonlySet<string>,
  procDirectory: string,
): Promise<ReadonlyMap<string, Process>> {
  const owners = new Map<string, Process>();
  if (inodes.size === 0) return owners;
  const processes = await Promise.all(
    (await pidsOf(procDirectory)).map(async (pid) => ({
      pid,
      name: ((await readOfProcess(join(procDirectory, pid, 'comm'))) ?? '').trim(),
    })),
  );
  const rank = ({ name }: Process) => (name === RELAY ? 0 : 1);
  for (const owner of processes.toSorted((a, b) => rank(a) - rank(b))) {
    if (owners.size === inodes.size) break;
    const directory = join(procDirectory, owner.pid, 'fd');
    for (const descriptor of (await namesOfProcess(directory)) ?? []) {
      const inode = /^socket:\[(\d+)\]$/.exec((await linkOfProcess(join(directory, descriptor))) ?? '')?.[1];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, owner);
    }
  }
  return owners;
}

/** A program often has a socket for each address, and for IPv4 and IPv6. */
function distinct(holders: readonly PortHolder[]): readonly PortHolder[] {
  return [...new Map(holders.map((holder) => [`${holder.port} ${holder.program}`, holder])).values()];
}
