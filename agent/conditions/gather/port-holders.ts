import { join } from 'node:path';
import { type Flow, flowName } from '../../firewall/flows.ts';
import { describeError } from '../../system/errors.ts';
import { known, unknown } from '../findings.ts';
import type { Facts, PortHolder } from '../types.ts';
import { readOfProcess } from './proc.ts';
import { type Process, programName, socketOwners } from './socket-owners.ts';
import { type WaitingSocket, waitingSockets } from './sockets.ts';

/** The relay of the stack runs on the host's network, in a container: Docker names its cgroup by 64 hexadecimal digits. */
export const RELAY = 'turnserver';
const IN_CONTAINER = /[0-9a-f]{64}/;

interface SocketPorts {
  /** The sockets that wait now. */
  readonly waiting: Promise<readonly WaitingSocket[]>;
  readonly ownersOf: (inodes: ReadonlySet<string>) => ReadonlyMap<string, Process>;
}

/** Programs other than our relay that wait on the ports of these flows. To name other users' programs it needs root. */
export async function gatherPortHolders(
  flows: readonly Flow[],
  procDirectory = '/proc',
  { waiting, ownersOf }: Partial<SocketPorts> = {},
): Promise<Facts['portHolders']> {
  if (flows.length === 0) return unknown('it is not known yet what is published');
  try {
    const netDirectory = join(procDirectory, 'net');
    const claimed = (await (waiting ?? waitingSockets(netDirectory))).flatMap((socket) => {
      const flow = flows.find((one) => claims(one, socket));
      // What only this host can reach is neither hidden by our translation nor in the relay's way.
      return flow === undefined || socket.loopback ? [] : [{ socket, flow }];
    });
    // On most machines every socket is the relay's.
    const inodes = new Set(claimed.map(({ socket }) => socket.inode));
    const owners = ownersOf?.(inodes) ?? socketOwners(inodes, RELAY, procDirectory);
    // A relay's socket may be closed while its process is looked for: that is nobody's.
    const still = claimed.some(({ socket }) => !owners.has(socket.inode))
      ? new Set((await waitingSockets(netDirectory)).map(({ inode }) => inode))
      : null;
    const holders: PortHolder[] = [];
    for (const { socket, flow } of claimed) {
      const owner = owners.get(socket.inode);
      if (owner === undefined && still?.has(socket.inode) === false) continue;
      if (owner === undefined && process.getuid?.() !== 0) return unknown('needs root');
      if (owner !== undefined && flow.way === 'input' && (await isOurRelay(owner, procDirectory))) continue;
      holders.push({
        port: flowName({ ...socket, from: socket.port, to: socket.port }),
        kind: flow.way === 'forward' ? 'published' : flow.from === flow.to ? 'open' : 'relay',
        program: programName(owner),
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

/** A program often has a socket for each address, and for IPv4 and IPv6. */
function distinct(holders: readonly PortHolder[]): readonly PortHolder[] {
  return [...new Map(holders.map((holder) => [`${holder.port} ${holder.program}`, holder])).values()];
}
