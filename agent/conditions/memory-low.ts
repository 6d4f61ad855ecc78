import { formatBytes } from './bytes.ts';
import { bad, good, judge } from './findings.ts';
import { memoryLevel } from './memory-levels.ts';
import type { Condition } from './types.ts';

const NEXT =
  'See what takes it: `ps -eo pid,rss,comm --sort=-rss | head`, `sudo docker stats --no-stream`. What was ended for lack ' +
  'of it: `sudo journalctl -k | grep -i "out of memory"`';

export const memoryLow: Condition = {
  code: 'MEMORY_LOW',
  severity: 'degraded',
  title: 'Memory is short',
  check: 'Memory',
  meaning:
    'Little memory is left, or programs wait for it: calls stutter, and the kernel will end a program, most likely the ' +
    'largest. The agent ends nothing for it; the engine starts again what the kernel ended, and the agent what it did not. ' +
    'While hardly any is left, the agent asks services no more than whether they answer.',
  remedy: NEXT,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.memory, (memory) => {
      const { availableBytes, totalBytes, waitedPercent } = memory;
      const evidence =
        `${formatBytes(availableBytes)} available of ${formatBytes(totalBytes)}` +
        (waitedPercent === null ? '' : `, programs waited for memory ${waitedPercent} % of the last minute`);
      switch (memoryLevel(memory)) {
        case 'enough':
          return good(evidence);
        case 'low':
          return bad(evidence, NEXT, 'degraded');
        case 'critical':
          return bad(`${evidence}; services are asked no more than whether they answer`, NEXT, 'critical');
      }
    }),
};
