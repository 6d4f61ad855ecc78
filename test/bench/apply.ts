import { convergence, differences } from '../../agent/nftables/index.ts';
import type { PublishedPort } from '../../agent/stack/types.ts';
import { createMachine } from '../support/machine.ts';
import type { Counts } from './counts.ts';
import { nftOf, tableOf } from './docker-host.ts';
import { ms, table } from './markdown.ts';
import { median } from './statistics.ts';
import { timed } from './timed.ts';

/** Milliseconds of each, from the listing to the commit. */
export interface ApplyRound {
  readonly firstMs: number;
  readonly noOpMs: number;
  readonly onePortMs: number;
  readonly allPortsMs: number;
}

export interface ApplyResult {
  readonly ports: number;
  readonly rounds: readonly ApplyRound[];
}

/** A table of so many published ports, brought about in a namespace of its own. */
export async function measureApply({ ports, rounds }: Counts['apply']): Promise<ApplyResult[]> {
  const results: ApplyResult[] = [];
  for (const count of ports) {
    const measured: ApplyRound[] = [];
    for (let round = 0; round < rounds; round += 1) measured.push(await measureRound(count));
    results.push({ ports: count, rounds: measured });
  }
  return results;
}

async function measureRound(count: number): Promise<ApplyRound> {
  const machine = await createMachine();
  try {
    const nft = nftOf(machine);
    // The first run of nft also asks for its version.
    await nft.version();
    const published = Array.from(
      { length: count },
      (_, index): PublishedPort => ({
        protocol: 'udp',
        port: 20_000 + index,
        service: index === 0 ? 'one' : 'others',
      }),
    );
    const at = async (one: string, others: string) => {
      const backends = new Map([
        ['one', one],
        ['others', others],
      ]);
      const spec = tableOf(published, backends);
      const listed = await nft.list(spec.family, spec.name);
      if (differences(spec, listed).length === 0) return;
      await nft.commit(convergence(spec, listed));
    };
    return {
      firstMs: await timed(() => at('172.30.5.2', '172.30.5.3')),
      noOpMs: await timed(() => at('172.30.5.2', '172.30.5.3')),
      onePortMs: await timed(() => at('172.30.5.4', '172.30.5.3')),
      allPortsMs: await timed(() => at('172.30.5.5', '172.30.5.6')),
    };
  } finally {
    await machine.destroy();
  }
}

export function renderApply(results: readonly ApplyResult[]): string {
  const rows = results.map(({ ports, rounds }) => {
    const of = (figure: (round: ApplyRound) => number) => ms(median(rounds.map(figure)));
    return [
      ports.toLocaleString('en'),
      of(({ firstMs }) => firstMs),
      of(({ noOpMs }) => noOpMs),
      of(({ onePortMs }) => onePortMs),
      of(({ allPortsMs }) => allPortsMs),
    ];
  });
  return [
    '## Applying a table',
    'The agent’s own table with so many published ports in an empty namespace, from Node: list, compare, and commit ' +
      'what differs.',
    table(['published ports', 'first', 'nothing to do', 'one port moves', 'all ports move'], rows),
    'Each run of nft in this bench goes through nsenter, which the agent does without. An appliance has two to a dozen ' +
      'published ports.',
  ].join('\n\n');
}
