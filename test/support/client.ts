import { join } from 'node:path';
import { type TurnCredential, turnCredential } from '../../agent/probes/turn-credential.ts';
import type { Verdict } from '../../agent/probes/types.ts';
import { HOST_V4, type Machine } from './machine.ts';
import { parseUclient, type RelayOptions, type RelayResult, uclientArguments } from './turnutils.ts';
import type { UdpFlowOptions, UdpFlowResult } from './udp-flow.ts';
import type { UdpScanOptions, UdpScanResult } from './udp-scan.ts';

const PROGRAM = join(import.meta.dirname, 'client-process.ts');

/** A series of datagrams on one fixed 5-tuple that goes on until it is stopped. */
export interface RunningFlow {
  /** Stops sending, waits for the last answers, and tells what came back and how long the gaps were. */
  stop(): Promise<UdpFlowResult>;
}

/** What an outside client does: every tool runs in the client namespace of a machine. */
export interface Client {
  /** Sends `count` datagrams and expects each back. */
  udpEcho(options: UdpFlowOptions & { readonly count: number }): Promise<UdpFlowResult>;
  /** The same without an end, to see what happens to the flow meanwhile. Resolves when it has begun to send. */
  startUdpFlow(options: UdpFlowOptions): Promise<RunningFlow>;
  /** Connects and, with `echo`, expects random bytes back. */
  tcp(options: { host: string; port: number; timeoutMs: number; echo: boolean }): Promise<Verdict>;
  stun(options: { host: string; port: number; timeoutMs: number }): Promise<Verdict>;
  /** The TCP ports of a host that accept, out of all 65,535. */
  scanTcp(host: string): Promise<number[]>;
  /** What each of these UDP ports of a host shows to one who knocks. */
  scanUdp(options: UdpScanOptions): Promise<UdpScanResult>;
  /** Has coturn relay packets to an echoing peer, with a REST credential; needs `turnutils_uclient`. */
  relay(options: RelayOptions): Promise<RelayResult>;
}

/** How many of ten datagrams to the published port of the SFU come back. */
export const echoedBySfu = async (client: Client): Promise<number> =>
  (await client.udpEcho({ host: HOST_V4, port: 7882, count: 10, intervalMs: 5 })).received;

export function createClient(machine: Pick<Machine, 'inClient' | 'spawnInClient'>): Client {
  const ask = async <T>(action: string, options: object, limitMs: number): Promise<T> => {
    const { exitCode, stdout, stderr } = await machine.inClient(
      process.execPath,
      [PROGRAM, action, JSON.stringify(options)],
      { timeoutMs: limitMs },
    );
    if (exitCode !== 0) throw new Error(`the client's ${action} failed:\n${stderr}${stdout}`);
    return resultIn<T>(stdout);
  };
  return {
    udpEcho: (options) => ask('udp-flow', options, options.count * options.intervalMs * 2 + 20_000),
    async startUdpFlow(options) {
      const started = await machine.spawnInClient(process.execPath, [
        PROGRAM,
        'udp-flow',
        JSON.stringify(options),
      ]);
      await started.waitForOutput(/^sending$/m, 20_000);
      return {
        async stop() {
          await started.stop();
          return resultIn<UdpFlowResult>(started.output());
        },
      };
    },
    tcp: (options) => ask('tcp', options, options.timeoutMs + 20_000),
    stun: (options) => ask('stun', options, options.timeoutMs + 20_000),
    scanTcp: (host) => ask('scan', { host }, 180_000),
    scanUdp: (options) => ask('scan-udp', options, options.timeoutMs + 20_000),
    async relay(options) {
      const { stdout, stderr } = await machine.inClient('turnutils_uclient', uclientArguments(options), {
        timeoutMs: 60_000,
      });
      return parseUclient(stdout + stderr);
    },
  };
}

/** A REST credential that is good for ten minutes. */
export function restCredential(secret: string, name: string): TurnCredential {
  return turnCredential(secret, name, Date.now() / 1000 + 600);
}

/** The last line is the result. */
function resultIn<T>(output: string): T {
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
}
