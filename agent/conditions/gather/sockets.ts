import { join } from 'node:path';
import type { Protocol } from '../../stack/types.ts';
import { readFileIfPresent } from '../../system/files.ts';

/** A socket that waits for anybody: a listener of TCP, or a UDP socket that is not connected. */
export interface WaitingSocket {
  readonly protocol: Protocol;
  readonly port: number;
  readonly ipv6: boolean;
  /** Whether only this host can reach it. */
  readonly loopback: boolean;
  /** By which its processes are found: their `/proc/PID/fd` link to `socket:[INODE]`. */
  readonly inode: string;
}

/** Socket states of include/net/tcp_states.h. */
const WAITING = { tcp: '0A', udp: '07' } as const;
const CONNECTED = '01';
/** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104, as the kernel prints them: each 32 bits with the lowest byte first. */
const LOOPBACK = /^([0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

/** The waiting sockets of this network namespace. Needs no root. */
export async function waitingSockets(netDirectory = '/proc/net'): Promise<readonly WaitingSocket[]> {
  const found = await Promise.all(
    (['tcp', 'udp'] as const).flatMap((protocol) =>
      [false, true].map(async (ipv6) => {
        // A kernel without IPv6 has no tcp6 and udp6.
        const table = await readFileIfPresent(join(netDirectory, ipv6 ? `${protocol}6` : protocol));
        return parseSockets(table ?? '', protocol).map((socket) => ({ ...socket, ipv6 }));
      }),
    ),
  );
  return found.flat();
}

/**
 * How many sockets this network namespace has, of each kind, as text to compare (proc_pid_net(5), sockstat). Where
 * `waitingSockets` goes through every connection of the host, twice, this costs nothing.
 */
export async function socketCounts(netDirectory = '/proc/net'): Promise<string> {
  const tables = await Promise.all(
    ['sockstat', 'sockstat6'].map((table) => readFileIfPresent(join(netDirectory, table))),
  );
  return (tables.join('').match(/^(?:TCP|UDP)6?: inuse \d+/gm) ?? []).join(' ');
}

/** A connection of TCP that stands. */
export interface ConnectedSocket {
  readonly port: number;
  /** Address at the other end; an IPv4 one in its own form, also where an IPv6 socket took it. */
  readonly from: string;
  readonly inode: string;
}

/** The connections of TCP of this network namespace. Needs no root. */
export async function connectedSockets(netDirectory = '/proc/net'): Promise<readonly ConnectedSocket[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map(async (table) => (await readFileIfPresent(join(netDirectory, table))) ?? ''),
  );
  return tables.flatMap(parseConnected);
}

/** The connections of one of /proc/net/tcp[6] (proc_pid_net(5)). */
export function parseConnected(table: string): ConnectedSocket[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
    return state === CONNECTED
      ? [{ port: portIn(local), from: addressOf(remote.split(':')[0] ?? ''), inode }]
      : [];
  });
}

const portIn = (place: string) => Number.parseInt(place.split(':')[1] ?? '', 16);

/** The kernel prints an address in words of 32 bits, each with the lowest byte first on the machines that we run on. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].reverse());
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255;
  if (bytes.length === 4 || mapped) return bytes.slice(-4).join('.');
  const groups = Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** The waiting sockets of one of /proc/net/{tcp,udp}[6] (proc_pid_net(5)). */
export function parseSockets(table: string, protocol: Protocol): Omit<WaitingSocket, 'ipv6'>[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    return state === WAITING[protocol]
      ? [{ protocol, port: Number.parseInt(port, 16), loopback: LOOPBACK.test(address), inode }]
      : [];
  });
}
