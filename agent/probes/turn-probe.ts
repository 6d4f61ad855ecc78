import { randomBytes } from 'node:crypto';
import { describeError } from '../system/errors.ts';
import { type OpenPath, tcpPath, udpPath } from './datagram-path.ts';
import { stunFraming } from './framing.ts';
import type { TransportAddress } from './stun-address.ts';
import { allocate } from './turn-allocation.ts';
import type { TurnCredential } from './turn-credential.ts';
import type { Verdict } from './types.ts';
import { probeUdpEcho } from './udp-echo-probe.ts';
import { retransmissionTimes } from './udp-exchange.ts';
import { failed, millisecondsSince } from './verdicts.ts';

export interface TurnTarget {
  readonly server: TransportAddress;
  readonly transport: 'udp' | 'tcp';
  readonly credential: TurnCredential;
  /** Whom the relay must let us send to. */
  readonly peer: TransportAddress;
  /** Whether the peer sends back what it gets: then data goes through the relay, both ways. */
  readonly echo: boolean;
  /** Of each request, and of the echo. */
  readonly timeoutMs: number;
}

/**
 * Asks of a TURN server what a caller needs (RFC 8656): an allocation, a permission, data to the peer and back; then
 * gives the allocation back at once. A peer that does not answer directly either is not the relay's fault.
 * Always resolves, within eight times `timeoutMs`.
 */
export async function probeTurnRelay(target: TurnTarget): Promise<Verdict> {
  const { server, transport, credential, peer, timeoutMs } = target;
  const begun = performance.now();
  const open = transport === 'udp' ? udpPath(server) : tcpPath(server, stunFraming);
  try {
    const allocation = await allocate({ server: open, credential, timeoutMs });
    try {
      await allocation.permit(peer.address);
      const passed = await dataPasses(target, allocation.pathTo(peer));
      const { address, port } = allocation.relayed;
      const detail = `over ${transport}: ${passed.detail} (relayed from ${address} port ${port})`;
      return passed.ok
        ? { ok: true, kind: 'turn', latencyMs: millisecondsSince(begun), detail }
        : failed('turn', detail);
    } finally {
      await allocation.free();
    }
  } catch (error) {
    return failed('turn', `over ${transport}: ${describeError(error)}`);
  }
}

async function dataPasses({ echo, peer, timeoutMs }: TurnTarget, open: OpenPath) {
  const name = `${peer.address} port ${peer.port}`;
  if (!echo) return { ok: true, detail: `allocated, may send to ${peer.address}` };
  if (await isEchoed(open, timeoutMs)) return { ok: true, detail: `data reached ${name} and came back` };
  const direct = await probeUdpEcho({ host: peer.address, port: peer.port, timeoutMs });
  return direct.ok
    ? { ok: false, detail: `no data came back from ${name}, which answers without the relay` }
    : { ok: true, detail: `allocated; ${name} answers nobody` };
}

/** Sends random bytes, again while they do not come back. */
function isEchoed(open: OpenPath, timeoutMs: number): Promise<boolean> {
  const sent = randomBytes(32);
  return new Promise((resolve) => {
    const timers = new Set<NodeJS.Timeout>();
    const conclude = (echoed: boolean) => {
      for (const timer of timers) clearTimeout(timer);
      path.close();
      resolve(echoed);
    };
    const path = open({
      onReady: () => path.send(sent),
      onDatagram: (datagram) => datagram.equals(sent) && conclude(true),
      onFailure: () => conclude(false),
    });
    for (const wait of retransmissionTimes(timeoutMs)) timers.add(setTimeout(() => path.send(sent), wait));
    timers.add(setTimeout(() => conclude(false), timeoutMs));
  });
}
