import { createClient } from '../support/client.ts';
import { HOST_V4, type Machine } from '../support/machine.ts';
import { GUEST_ADDRESS } from './emulated-machine.ts';
import type { GuestAgent } from './guest-agent.ts';

const COUNT = 20;

/**
 * One process that asks until it is answered: to start one for each question would take longer than what is measured. One
 * byte of an answer is read, for bash reads a datagram by its bytes, and the kernel drops the rest with the first.
 */
const UNTIL_ANSWERED = `until (exec 3<>/dev/udp/${HOST_V4}/7882; echo asked >&3; read -r -N 1 -t 1 -u 3) 2>/dev/null; do sleep 0.1; done`;

/** Resolves when UDP 7882 answers a client outside of the machine. Rejects after `timeoutMs`. */
export async function answersOutside(network: Machine, timeoutMs: number): Promise<void> {
  await network.inClient('bash', ['-c', UNTIL_ANSWERED], { timeoutMs });
}

/** What a client outside gets of a machine: UDP 7882, TCP 7881, and data through a relay of its own to the SFU. */
export async function serviceOutside(network: Machine, guest: GuestAgent): Promise<Record<string, string>> {
  const client = createClient(network);
  const secret = (await guest.sh('cat /var/lib/appliance-agent/secrets/turn')).stdout.trim();
  const udp = await client.udpEcho({ host: HOST_V4, port: 7882, count: COUNT, intervalMs: 50 });
  const tcp = await client.tcp({ host: HOST_V4, port: 7881, timeoutMs: 5000, echo: true });
  const relay = await client.relay({
    ...{ server: HOST_V4, secret, peer: GUEST_ADDRESS, peerPort: 7882 },
    ...{ transport: 'udp', method: 'channel', count: COUNT },
  });
  return {
    udp: `${udp.received} of ${udp.sent} came back`,
    tcp: tcp.ok ? 'answers' : tcp.detail,
    relay: relay.refusal ?? `${relay.received} of ${relay.sent} came back`,
  };
}

const ALL = `${COUNT} of ${COUNT} came back`;
export const SERVED = { udp: ALL, tcp: 'answers', relay: ALL };
