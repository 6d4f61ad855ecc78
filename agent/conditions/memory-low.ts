import { formatBytes } from './bytes.ts';
import { bad, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

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
    judge(facts.memory, ({ availableBytes, totalBytes, waitedPercent }) => {
      const waited = waitedPercent ?? 0;
      const isBelow = ({ share, bytes }: typeof LOW) =>
        availableBytes < totalBytes * share || availableBytes < bytes;
      const evidence =
        `${formatBytes(availableBytes)} available of ${formatBytes(totalBytes)}` +
        (waitedPercent === null ? '' : `, programs waited for memory ${waitedPercent} % of the last minute`);
      const critical = isBelow(CRITICAL) || waited >= WAITED_VERY_LONG;
      if (!critical && !isBelow(LOW) && waited < WAITED_LONG) return good(evidence);
      return bad(evidence, NEXT, critical ? 'critical' : 'degraded');
    }),
};
