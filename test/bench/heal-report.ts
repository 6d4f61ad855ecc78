import type { Fault } from './counts.ts';
import type { HealResult } from './heal.ts';
import { digits, table } from './markdown.ts';
import type { Outage } from './outage.ts';
import { median } from './statistics.ts';

const IN_WORDS: Readonly<Record<Fault, string>> = {
  killed: '`kill -9` of its process',
  'docker-kill': '`docker kill`',
  hung: 'SIGSTOP of its process',
};

export function renderHealing(results: readonly HealResult[]): string {
  const byFault = Object.values(Object.groupBy(results, ({ fault }) => fault)).flat();
  const rows = byFault.map(({ by, fault, outages }) => {
    const figures = outages.map(({ ms }) => ms);
    return [
      `${IN_WORDS[fault]}: ${by}`,
      seconds(median(figures), outages),
      seconds(Math.min(...figures), outages),
      seconds(Math.max(...figures), outages),
      `${outages.filter(({ ended }) => ended).length} of ${outages.length}`,
    ];
  });
  return [
    '## From a fault to serving again',
    'The stand-in for the SFU, the same image each time, in a container that was just made; from outside, by one flow of ' +
      'UDP: the longest time without an answer. “Served again” says in how many trials somebody brought it back while it ' +
      'was watched (10 s after an end, 90 s after a hang, 240 s at the defaults of the health check).',
    table(['', 'median', 'shortest', 'longest', 'served again'], rows),
    'A process that ended by itself is restarted by Docker in both cases, on the appliance by `restart: unless-stopped`: ours ' +
      'is longer by the time until the rules lead to it again, and never sooner. What `docker kill` ended, no restart policy starts again. A process that hangs does so for ' +
      'ever with a restart policy alone. The health check asks the same as our first probe, from inside the container; ' +
      'docker-autoheal’s loop (each 5 s, 10 s to stop) is what its README documents, made again for this bench. Our ' +
      'prober asks a service that serves each 10 s, acts when it was silent for 15 s, and gives it 5 s to stop.',
  ].join('\n\n');
}

function seconds(ms: number, outages: readonly Outage[]): string {
  const isOpen = outages.some((outage) => outage.ms >= ms && !outage.ended);
  return `${isOpen ? '> ' : ''}${digits(ms / 1000)} s`;
}
