import { setTimeout as sleep } from 'node:timers/promises';
import type { Appliance } from '../support/appliance.ts';
import type { Counts } from './counts.ts';
import { digits, mib, table } from './markdown.ts';
import { inviteNeighbours } from './neighbours.ts';
import { type CpuTime, cpuTimeOf, type Memory, memoryOf } from './processes.ts';

/** What the agent used while nothing happened. */
export interface RestResult {
  /** That ran on the engine: the stack's own, and as many sleepers of somebody else as there is room for. */
  readonly containers: number;
  readonly own: number;
  readonly seconds: number;
  readonly cpu: CpuTime;
  readonly memory: Memory;
}

/** What the issue asks for. */
const CPU_BAR_PERCENT = 0.3;
const PSS_BAR_BYTES = 80e6;
/** What was started before is probed for the first time, looked at, and done with. */
const SETTLE_MS = 75_000;

/** What the agent uses while nothing happens, with more and more containers of others beside its own. */
export async function measureRest(
  appliance: Appliance,
  { seconds, containers }: Counts['rest'],
): Promise<RestResult[]> {
  const own = (await appliance.status()).services.length;
  const neighbours = await inviteNeighbours(appliance);
  const results: RestResult[] = [];
  for (const count of containers) {
    await neighbours.grow(count - own);
    await sleep(SETTLE_MS);
    results.push({ containers: count, own, ...(await atRest(appliance, seconds)) });
  }
  await neighbours.remove();
  return results;
}

async function atRest(appliance: Appliance, seconds: number) {
  const { pid } = appliance.agent();
  const before = await cpuTimeOf(pid);
  const begun = performance.now();
  await sleep(seconds * 1000);
  const after = await cpuTimeOf(pid);
  return {
    seconds: (performance.now() - begun) / 1000,
    cpu: {
      selfMs: after.selfMs - before.selfMs,
      childrenMs: after.childrenMs - before.childrenMs,
    },
    memory: await memoryOf([pid]),
  };
}

export function renderRest(results: readonly RestResult[]): string {
  const share = (cpuMs: number, seconds: number) => `${digits(cpuMs / seconds / 10)} %`;
  const [first] = results;
  return [
    '## The agent at rest',
    `${digits(first?.seconds ?? 0)} s with the stack serving and nothing to do: its ${first?.own} services, and containers of ` +
      `somebody else that sleep, the last of which was started ${SETTLE_MS / 1000} s before. CPU in percent of one core; ` +
      'its children are nft, iptables and what else it asks.',
    table(
      ['containers', 'CPU, itself', 'CPU, children', 'RSS', 'PSS'],
      results.map(({ containers, seconds, cpu, memory }) => [
        String(containers),
        share(cpu.selfMs, seconds),
        share(cpu.childrenMs, seconds),
        mib(memory.rssBytes),
        mib(memory.pssBytes),
      ]),
    ),
    `The bars are ${CPU_BAR_PERCENT} % of a core, children included: **${verdict(results, cpuPercent, CPU_BAR_PERCENT, (over) => `${digits(over)} %`)}**; and a ` +
      `PSS of ${PSS_BAR_BYTES / 1e6} MB (10^6 bytes: ${mib(PSS_BAR_BYTES)}): **${verdict(results, ({ memory }) => memory.pssBytes, PSS_BAR_BYTES, mib)}**.`,
  ].join('\n\n');
}

const cpuPercent = ({ cpu, seconds }: RestResult) => (cpu.selfMs + cpu.childrenMs) / seconds / 10;

function verdict(
  results: readonly RestResult[],
  figure: (result: RestResult) => number,
  bar: number,
  inWords: (over: number) => string,
): string {
  const over = Math.max(...results.map(figure)) - bar;
  return over <= 0 ? 'met' : `missed, by up to ${inWords(over)}`;
}
