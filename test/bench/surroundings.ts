import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { findPlugin } from '../../agent/engine/compose-plugin.ts';
import { NFT_PROGRAM } from '../../agent/nftables/index.ts';
import { run } from '../../agent/system/processes.ts';
import { composePlugins } from '../support/stack.ts';
import { mib } from './markdown.ts';

/** The machine and the programs that the figures belong to. */
export interface Surroundings {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly kernel: string;
  readonly nft: string;
  readonly iptables: string;
  readonly docker: string;
  readonly compose: string;
  readonly node: string;
}

/** Load average of one minute (proc_loadavg(5)): the load of the benches themselves and that of everybody else. */
export interface Load {
  readonly when: string;
  readonly average: number;
}

export async function surroundings(dockerVersion: string): Promise<Surroundings> {
  const [cpu] = cpus();
  const osRelease = await readFile('/etc/os-release', 'utf8');
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: /^PRETTY_NAME="(.*)"$/m.exec(osRelease)?.[1] ?? 'unknown',
    kernel: release(),
    nft: await firstLine(NFT_PROGRAM, '--version'),
    iptables: await firstLine('/usr/sbin/iptables', '--version'),
    docker: dockerVersion,
    compose: (await findPlugin(run, composePlugins)).version,
    node: process.version,
  };
}

export const loadNow = (): number => loadavg()[0] ?? 0;

export function renderSurroundings(on: Surroundings, loads: readonly Load[]): string {
  return [
    `- Machine: ${on.cpu}, ${on.cores} cores, ${mib(on.memoryBytes)} of memory; ${on.system}, kernel ${on.kernel}`,
    `- Programs: ${on.nft}; ${on.iptables}; Docker ${on.docker}; Compose ${on.compose}; Node ${on.node}`,
    `- Load average of one minute: ${loads.map(({ when, average }) => `${average.toFixed(1)} ${when}`).join(', ')}`,
  ].join('\n');
}

async function firstLine(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(command, args, { timeoutMs: 10_000 });
  return stdout.trim().split('\n')[0] ?? '';
}
