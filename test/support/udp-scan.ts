import { randomBytes } from 'node:crypto';
import { encodeStun, Method } from '../../agent/probes/stun-message.ts';
import { exchangeUdp } from '../../agent/probes/udp-exchange.ts';

export interface UdpScanOptions {
  readonly host: string;
  readonly ports: readonly number[];
  /** How long to wait for a sign of a port. */
  readonly timeoutMs: number;
}

/**
 * Ports by what they showed: an answer; ICMP's word that nothing listens there; or nothing at all, which a program that
 * keeps quiet and a rule that drops have in common.
 */
export interface UdpScanResult {
  readonly answered: readonly number[];
  readonly refused: readonly number[];
  readonly silent: readonly number[];
}

/** Sends a STUN request to each port, which coturn answers and an echo sends back. Ports are in the order given. */
export async function scanUdp({ host, ports, timeoutMs }: UdpScanOptions): Promise<UdpScanResult> {
  const signs = await Promise.all(ports.map((port) => signOf(host, port, timeoutMs)));
  const having = (sign: keyof UdpScanResult) => ports.filter((_, index) => signs[index] === sign);
  return { answered: having('answered'), refused: having('refused'), silent: having('silent') };
}

async function signOf(host: string, port: number, timeoutMs: number): Promise<keyof UdpScanResult> {
  const message = { class: 'request', method: Method.binding, transactionId: randomBytes(12) } as const;
  const { ok, detail } = await exchangeUdp({
    kind: 'stun',
    host,
    port,
    timeoutMs,
    request: encodeStun({ ...message, attributes: [] }),
    judge: () => ({ ok: true, detail: '' }),
  });
  if (ok) return 'answered';
  if (detail.startsWith('refused')) return 'refused';
  if (detail.startsWith('no answer')) return 'silent';
  throw new Error(`port ${port} of ${host}: ${detail}`);
}
