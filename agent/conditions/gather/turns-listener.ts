import { describeError } from '../../system/errors.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';
import { type WaitingSocket, waitingSockets } from './sockets.ts';

const TURNS_PORT = 5349;

/** Whether anything in this network namespace listens on 5349. Needs no root. */
export async function gatherTurnsListener(
  waiting: Promise<readonly WaitingSocket[]> = waitingSockets(),
): Promise<Facts['turnsListener']> {
  try {
    const listening = (await waiting)
      .filter(({ port }) => port === TURNS_PORT)
      .map(({ port, protocol, ipv6 }) => `${port}/${protocol}${ipv6 ? ' (IPv6)' : ''}`);
    return listening.length === 0
      ? known({ open: false, detail: 'nothing listens on it' })
      : known({ open: true, detail: `a program listens on ${[...new Set(listening)].join(', ')}` });
  } catch (error) {
    return unknown(describeError(error));
  }
}
