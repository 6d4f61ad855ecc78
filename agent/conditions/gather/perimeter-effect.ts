import { BlockList, isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Management } from '../../config/firewall.ts';
import { type Flow, flowName } from '../../firewall/flows.ts';
import { MDNS } from '../../firewall/perimeter-chains.ts';
import { describeError } from '../../system/errors.ts';
import { known, unknown } from '../findings.ts';
import type { Known, PerimeterEffect } from '../types.ts';
import { programName, socketOwners } from './socket-owners.ts';
import { connectedSockets, type WaitingSocket, waitingSockets } from './sockets.ts';

const SSH = 'sshd';
/** The server itself, and from OpenSSH 9.8 on a program for each session. */
const SSH_SERVER = /^(sshd(-session)?|dropbear)$/;
/** Answers of DHCP servers are let in. */
const DHCP_PORTS = [68, 546];

/**
 * What a perimeter closes, or would close, of what waits on this machine now, and what it means for those who are
 * logged in by SSH. Needs root: other users' programs are looked for.
 */
export async function gatherPerimeterEffect(
  {
    flows,
    management,
    mdns,
  }: {
    readonly flows: readonly Flow[];
    readonly management: Management | null;
    /** Whether those who look for this machine by mDNS are let in. */
    readonly mdns: boolean;
  },
  procDirectory = '/proc',
): Promise<Known<PerimeterEffect>> {
  if (management === null) return unknown('no perimeter is asked for');
  try {
    const net = join(procDirectory, 'net');
    const waiting = (await waitingSockets(net)).filter(
      (socket) =>
        !socket.loopback &&
        !isLetIn(socket, flows, management) &&
        !(mdns && socket.protocol === 'udp' && socket.port === MDNS),
    );
    const connected = (await connectedSockets(net)).filter(({ from }) => !/^(127\.|::1$)/.test(from));
    const inodes = new Set([...waiting, ...connected].map(({ inode }) => inode));
    const owners = socketOwners(inodes, SSH, procDirectory);
    if (owners.size < inodes.size && process.getuid?.() !== 0) return unknown('needs root');
    const admits = admission(management);
    return known({
      closes: distinct(
        waiting.flatMap((socket) => {
          const port = flowName({ ...socket, from: socket.port, to: socket.port });
          const owner = owners.get(socket.inode);
          if (owner?.name !== 'docker-proxy') return [{ port, program: programName(owner) }];
          // What comes by IPv4 is forwarded past it, and not closed.
          return socket.ipv6 ? [{ port, program: `${programName(owner)}, by IPv6 alone` }] : [];
        }),
      ),
      sessions: connected
        .filter(({ inode }) => SSH_SERVER.test(owners.get(inode)?.name ?? ''))
        .map(({ from, port }) => ({ from, port, mayComeAgain: admits(from, port) })),
    });
  } catch (error) {
    return unknown(describeError(error));
  }
}

/** Ports of the stack are claimed by its rules, whatever else waits on them. */
function isLetIn({ protocol, port }: WaitingSocket, flows: readonly Flow[], { ports }: Management): boolean {
  return (
    flows.some((flow) => flow.protocol === protocol && flow.from <= port && port <= flow.to) ||
    ports.some((one) => one.protocol === protocol && one.port === port) ||
    (protocol === 'udp' && DHCP_PORTS.includes(port))
  );
}

/** Whether a new connection from an address to a TCP port would be let in. */
function admission({ networks, ports }: Management): (from: string, port: number) => boolean {
  const admitted = new BlockList();
  for (const network of networks === 'any' ? ['0.0.0.0/0', '::/0'] : networks) {
    const [address = '', length] = network.split('/');
    admitted.addSubnet(address, Number(length), familyOf(address));
  }
  return (from, port) =>
    ports.some((one) => one.protocol === 'tcp' && one.port === port) && admitted.check(from, familyOf(from));
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** A program often has a socket for each address, and for IPv4 and IPv6. */
function distinct(holders: PerimeterEffect['closes']): PerimeterEffect['closes'] {
  return [...new Map(holders.map((holder) => [`${holder.port} ${holder.program}`, holder])).values()];
}
