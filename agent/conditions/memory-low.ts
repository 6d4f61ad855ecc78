import { formatBytes } from './bytes.ts';
import { bad, good, judge } from './findings.ts';
import type { Condition, Facts } from './types.ts';

const NEXT =
  'See what takes it: `ps -eo pid,rss,comm --sort=-rss | head`, `sudo docker stats --no-stream`. What was ended for lack ' +
  'of it: `sudo journalctl -k | grep -i "out of memory"`';

const MiB = 1024 ** 2;
/** Below this share, or this much, the kernel takes back what programs will need again at once. */
const LOW = { share: 0.1, bytes: 128 * MiB };
const CRITICAL = { share: 0.03, bytes: 48 * MiB };
/** Percent of the last minute in which everything that was to run waited for memory. */
const WAITED_LONG = 10;
const WAITED_VERY_LONG = 40;

type Memory = Extract<Facts['memory'], { known: true }>['value'];

/** Whether what can wait should wait. */
export function isMemoryShort({ availableBytes, totalBytes, waitedPercent }: Memory): boolean {
  const low = availableBytes < totalBytes * LOW.share || availableBytes < LOW.bytes;
  return low || (waitedPercent ?? 0) >= WAITED_LONG;
}

export const memoryLow: Condition = {
  code: 'MEMORY_LOW',
  severity: 'degraded',
  title: 'Memory is short',
  check: 'Memory',
  meaning:
    'Little memory is left, or programs wait for it: calls stutter, and the kernel will end a program, most likely the ' +
    'largest. The agent ends nothing for it; the engine starts again what the kernel ended, and the agent what it did not.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.memory, (memory) => {
      const { availableBytes, totalBytes, waitedPercent } = memory;
      const waited = waitedPercent ?? 0;
      const evidence =
        `${formatBytes(availableBytes)} available of ${formatBytes(totalBytes)}` +
        (waitedPercent === null ? '' : `, programs waited for memory ${waitedPercent} % of the last minute`);
      const critical =
        availableBytes < totalBytes * CRITICAL.share ||
        availableBytes < CRITICAL.bytes ||
        waited >= WAITED_VERY_LONG;
      if (!isMemoryShort(memory)) return good(evidence);
      return bad(evidence, NEXT, critical ? 'critical' : 'degraded');
    }),
};
