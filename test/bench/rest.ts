import { setTimeout as sleep } from 'node:timers/promises';
import type { Appliance } from '../support/appliance.ts';
import type { Counts } from './counts.ts';
import { digits, mib, table } from './markdown.ts';
import { inviteNeighbours } from './neighbours.ts';
import { cpuTimeOf, type Memory, memoryOf } from './processes.ts';
import { mean } from './statistics.ts';

/** What the agent used in a window of time, in percent of one core; its children are nft, iptables and what else it asks. */
export interface CpuShare {
  readonly itself: number;
  readonly children: number;
}

/** What the agent used while nothing happened. */
export interface RestResult {
  /** That ran on the engine: the stack's own, and as many sleepers of somebody else as there is room for. */
  readonly containers: number;
  readonly own: number;
  readonly settleSeconds: number;
  readonly windowSeconds: number;
  /** One a window; they follow each other without a gap. */
  readonly windows: readonly CpuShare[];
  readonly memory: Memory;
}

/** What the issue asks for. */
const CPU_BAR_PERCENT = 0.3;
const PSS_BAR_BYTES = 80e6;

/** What the agent uses while nothing happens, with more and more containers of others beside its own. */
export async function measureRest(
  appliance: Appliance,
  { settleSeconds, windows, windowSeconds, containers }: Counts['rest'],
): Promise<RestResult[]> {
  const own = (await appliance.status()).services.length;
  const neighbours = await inviteNeighbours(appliance);
  const results: RestResult[] = [];
  for (const count of containers) {
    await neighbours.grow(count - own);
    await sleep(settleSeconds * 1000);
    const { pid } = appliance.agent();
    const shares: CpuShare[] = [];
    while (shares.length < windows) shares.push(await cpuShare(pid, windowSeconds));
    const memory = await memoryOf([pid]);
    results.push({ containers: count, own, settleSeconds, windowSeconds, windows: shares, memory });
  }
  await neighbours.remove();
  return results;
}

async function cpuShare(pid: number, seconds: number): Promise<CpuShare> {
  const before = await cpuTimeOf(pid);
  const begun = performance.now();
  await sleep(seconds * 1000);
  const after = await cpuTimeOf(pid);
  const wallMs = performance.now() - begun;
  return {
    itself: ((after.selfMs - before.selfMs) / wallMs) * 100,
    children: ((after.childrenMs - before.childrenMs) / wallMs) * 100,
  };
}

export function renderRest(results: readonly RestResult[]): string {
  const [first] = results;
  return [
    '## The agent at rest',
    `${first?.windows.length} windows of ${first?.windowSeconds} s, one after the other, with the stack serving and nothing to do: ` +
      `its ${first?.own} services, and containers of somebody else that sleep, the last of which was started ` +
      `${first?.settleSeconds} s before. CPU in percent of one core, the mean of the windows, so that what is done each few minutes ` +
      'counts as often as it happens; “busiest” is the highest of a single window, children included. The children are nft, ' +
      'iptables and what else the agent asks.',
    table(
      ['containers', 'CPU, itself', 'CPU, children', 'busiest', 'RSS', 'PSS'],
      results.map((result) => [
        String(result.containers),
        percent(mean(result.windows.map(({ itself }) => itself))),
        percent(mean(result.windows.map(({ children }) => children))),
        percent(busiest(result)),
        mib(result.memory.rssBytes),
        mib(result.memory.pssBytes),
      ]),
    ),
    `The bars are ${CPU_BAR_PERCENT} % of a core, children included: ` +
      `**${verdict(results, ofAllWindows, CPU_BAR_PERCENT, percent)}**, in the busiest window ` +
      `**${verdict(results, busiest, CPU_BAR_PERCENT, percent)}**; and a PSS of ${PSS_BAR_BYTES / 1e6} MB ` +
      `(10^6 bytes: ${mib(PSS_BAR_BYTES)}): **${verdict(results, ({ memory }) => memory.pssBytes, PSS_BAR_BYTES, mib)}**.`,
  ].join('\n\n');
}

const both = ({ itself, children }: CpuShare) => itself + children;
const ofAllWindows = ({ windows }: RestResult) => mean(windows.map(both));
const busiest = ({ windows }: RestResult) => Math.max(...windows.map(both));
const percent = (share: number) => `${digits(share)} %`;

function verdict(
  results: readonly RestResult[],
  figure: (result: RestResult) => number,
  bar: number,
  inWords: (over: number) => string,
): string {
  const over = Math.max(...results.map(figure)) - bar;
  return over <= 0 ? 'met' : `missed, by up to ${inWords(over)}`;
}
