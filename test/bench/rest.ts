import { setTimeout as sleep } from 'node:timers/promises';
import type { Appliance } from '../support/appliance.ts';
import type { Counts } from './counts.ts';
import { digits, mib, table } from './markdown.ts';
import { type CpuTime, cpuTimeOf, type Memory, memoryOf } from './processes.ts';

export interface RestResult {
  readonly seconds: number;
  readonly cpu: CpuTime;
  readonly memory: Memory;
}

/** What the agent uses while nothing happens. */
export async function measureRest(appliance: Appliance, { seconds }: Counts['rest']): Promise<RestResult> {
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

export function renderRest({ seconds, cpu, memory }: RestResult): string {
  const share = (cpuMs: number) => `${digits(cpuMs / seconds / 10)} %`;
  return [
    '## The agent at rest',
    `${digits(seconds)} s with the stack serving and nothing to do. CPU in percent of one core; its children are nft, ` +
      'conntrack, iptables and what else it asks.',
    table(
      ['', 'CPU, itself', 'CPU, children', 'RSS', 'PSS'],
      [['the agent', share(cpu.selfMs), share(cpu.childrenMs), mib(memory.rssBytes), mib(memory.pssBytes)]],
    ),
  ].join('\n\n');
}
