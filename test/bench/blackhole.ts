import { setTimeout as sleep } from 'node:timers/promises';
import { HOST_V4 } from '../support/machine.ts';
import type { Counts, Move } from './counts.ts';
import { ms, table } from './markdown.ts';
import type { Movable } from './moves.ts';
import { median } from './statistics.ts';

export interface Trial {
  /** The longest time without an answer. When it had not ended, the time until the flow was stopped. */
  readonly blackholeMs: number;
  readonly healed: boolean;
  /** Whether a flow that began after it was answered. */
  readonly newFlowServed: boolean;
  /** How long the commands that moved the container took. */
  readonly commandMs: number;
  readonly from: string;
  readonly to: string;
}

export interface BlackholeResult {
  readonly by: Movable['by'];
  readonly move: Move;
  readonly trials: readonly Trial[];
}

const INTERVAL_MS = 5;
/** How long the flow is watched once the command has ended. */
const WATCHED_MS = 3_000;

/** How long a client that sends from one port each 5 ms is without an answer when the container moves. */
export async function measureBlackhole(
  movable: Movable,
  { moves, trials }: Counts['blackhole'],
): Promise<BlackholeResult[]> {
  const results: BlackholeResult[] = [];
  for (const move of moves) {
    const measured: Trial[] = [];
    for (let trial = 0; trial < trials; trial += 1) measured.push(await measureMove(movable, move));
    results.push({ by: movable.by, move, trials: measured });
  }
  await movable.leave();
  return results;
}

async function measureMove(movable: Movable, move: Move): Promise<Trial> {
  await movable.prepare();
  const from = await movable.address();
  const flow = await movable.client.startUdpFlow({ host: HOST_V4, port: 7882, intervalMs: INTERVAL_MS });
  await sleep(500);
  const begun = performance.now();
  await movable.move(move);
  const commandMs = performance.now() - begun;
  await sleep(WATCHED_MS);
  const { received, longestGapMs, lastAnswered } = await flow.stop();
  if (received === 0) throw new Error('the flow never worked');
  const another = await movable.client.udpEcho({ host: HOST_V4, port: 7882, intervalMs: 5, count: 3 });
  return {
    blackholeMs: longestGapMs,
    healed: lastAnswered,
    newFlowServed: another.received > 0,
    commandMs,
    from,
    to: await movable.address(),
  };
}

const IN_WORDS: Readonly<Record<Move, string>> = {
  network: '`docker network disconnect` and `connect` with another address',
  compose: '`docker compose up --force-recreate`',
  removed: '`docker rm -f`, then made anew',
};

export function renderBlackhole(results: readonly BlackholeResult[]): string {
  const byMove = Object.values(Object.groupBy(results, ({ move }) => move)).flat();
  const rows = byMove.map(({ by, move, trials }) => {
    const sorted = trials.toSorted((a, b) => a.blackholeMs - b.blackholeMs);
    return [
      `${IN_WORDS[move]}: ${by}`,
      inWords(sorted[Math.ceil(sorted.length / 2) - 1]),
      inWords(sorted.at(-1)),
      `${trials.filter(({ healed }) => healed).length} of ${trials.length}`,
      `${trials.filter(({ newFlowServed }) => newFlowServed).length} of ${trials.length}`,
      ms(median(trials.map(({ commandMs }) => commandMs))),
    ];
  });
  return [
    '## The container moves: how long a client is unanswered',
    `One client, one 5-tuple, a datagram each ${INTERVAL_MS} ms, watched for ${WATCHED_MS / 1000} s after the command ended. ` +
      'The time in which no container runs is in it. “Served again” says in how many trials the same flow was answered ' +
      'at the end.',
    table(['', 'median', 'longest', 'served again', 'a new flow is served', 'the command'], rows),
    'Docker changes its rules within the command that moves the container; the agent learns of the move by an event, and ' +
      'looks at the machine before it acts. Where a flow was not served again although a new one was, it was still led to ' +
      'the old place when the watch ended: the client has to notice by itself, and begin anew.',
    'After `docker rm -f` somebody has to make the container anew: for Docker the bench does so at once, with `docker ' +
      'run -p`; on the appliance nobody does but the agent, whose time to notice and to run Compose is included.',
  ].join('\n\n');
}

/** The blackhole of a trial; of one that did not end, that it was longer. */
function inWords(trial: Trial | undefined): string {
  return trial === undefined ? '' : `${trial.healed ? '' : '> '}${ms(trial.blackholeMs)}`;
}
