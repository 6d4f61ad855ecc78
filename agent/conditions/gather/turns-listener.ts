import { join } from 'node:path';
import { describeError } from '../../system/errors.ts';
import { readFileIfPresent } from '../../system/files.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';

const TURNS_PORT = 5349;
const TABLES = [
  { file: 'tcp', protocol: 'tcp' },
  { file: 'tcp6', protocol: 'tcp' },
  { file: 'udp', protocol: 'udp' },
  { file: 'udp6', protocol: 'udp' },
] as const;
/** Socket states of include/net/tcp_states.h: a listener of TCP; a UDP socket that is not connected. */
const WAITING = { tcp: '0A', udp: '07' } as const;

/** Whether anything in this network namespace listens on 5349. Needs no root. */
export async function gatherTurnsListener(netDirectory = '/proc/net'): Promise<Facts['turnsListener']> {
  try {
    const listening: string[] = [];
    for (const { file, protocol } of TABLES) {
      // A kernel without IPv6 has no tcp6 and udp6.
      const table = await readFileIfPresent(join(netDirectory, file));
      if (table !== null && listeningPorts(table, protocol).includes(TURNS_PORT)) {
        listening.push(`${TURNS_PORT}/${protocol}${file.endsWith('6') ? ' (IPv6)' : ''}`);
      }
    }
    return listening.length === 0
      ? known({ open: false, detail: 'nothing listens on it' })
      : known({ open: true, detail: `a program listens on ${listening.join(', ')}` });
  } catch (error) {
    return unknown(describeError(error));
  }
}

/** Ports of the sockets of /proc/net/{tcp,udp}[6] (proc_pid_net(5)) that wait for anybody. */
export function listeningPorts(table: string, protocol: 'tcp' | 'udp'): number[] {
  return table.split('\n').flatMap((line) => {
    const entry = /^\s*\d+:\s+[0-9A-F]+:([0-9A-F]{4})\s+[0-9A-F]+:[0-9A-F]{4}\s+([0-9A-F]{2})\s/.exec(line);
    return entry?.[1] !== undefined && entry[2] === WAITING[protocol] ? [Number.parseInt(entry[1], 16)] : [];
  });
}
