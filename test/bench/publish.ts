import type { Counts } from './counts.ts';
import { type DockerHost, NETWORK } from './docker-host.ts';
import { mib, ms, table } from './markdown.ts';
import { type Memory, memoryOf, processesOf } from './processes.ts';
import { median } from './statistics.ts';
import { timed } from './timed.ts';

/** One container brought up with its ports open, and taken away again. */
export interface PublishRound {
  readonly upMs: number;
  /** The part of it that our table took; null where Docker published. */
  readonly tableMs: number | null;
  readonly removeMs: number;
  readonly proxies: Memory;
}

export interface PublishResult {
  readonly by: 'Docker' | 'appliance-agent';
  readonly ports: number;
  readonly rounds: readonly PublishRound[];
}

const CONTAINER = 'bench-publish';
const FIRST_PORT = 20_000;
const SFU = { protocol: 'udp', port: 7882, service: CONTAINER } as const;

/** What it costs to publish so many UDP ports by Docker, and one that carries every call by our table. */
export async function measurePublish(host: DockerHost, counts: Counts['publish']): Promise<PublishResult[]> {
  const variants = [
    { by: 'appliance-agent', ports: 1, round: () => byUs(host) },
    ...counts.ports.map((ports) => ({ by: 'Docker', ports, round: () => byDocker(host, ports) }) as const),
  ] as const;
  const results = variants.map(({ by, ports }) => ({ by, ports, rounds: [] as PublishRound[] }));
  // The first container of an engine pays for what the others find in the page cache.
  await byUs(host);
  for (let round = 0; round < counts.rounds; round += 1) {
    for (let turn = 0; turn < variants.length; turn += 1) {
      // Another begins each round: an engine is slower for a while after it took away 201 ports.
      const index = (turn + round) % variants.length;
      const measured = await variants[index]?.round();
      if (measured !== undefined) results[index]?.rounds.push(measured);
    }
  }
  return results;
}

async function byDocker(host: DockerHost, ports: number): Promise<PublishRound> {
  const range = ports === 1 ? `${FIRST_PORT}` : `${FIRST_PORT}-${FIRST_PORT + ports - 1}`;
  const upMs = await timed(() => start(host, '--publish', `${range}:${range}/udp`));
  const proxies = await proxiesOf(host);
  const removeMs = await timed(() => host.docker('rm', '--force', CONTAINER));
  return { upMs, tableMs: null, removeMs, proxies };
}

async function byUs(host: DockerHost): Promise<PublishRound> {
  let tableMs = 0;
  const upMs = await timed(async () => {
    await start(host);
    tableMs = await timed(async () => host.publish([SFU], await host.addressOf(CONTAINER)));
  });
  const proxies = await proxiesOf(host);
  const removeMs = await timed(async () => {
    await host.docker('rm', '--force', CONTAINER);
    await host.publish([SFU], null);
  });
  await host.unpublish();
  return { upMs, tableMs, removeMs, proxies };
}

function start(host: DockerHost, ...options: string[]): Promise<string> {
  return host.docker('run', '--detach', '--name', CONTAINER, '--network', NETWORK, ...options, host.image);
}

async function proxiesOf({ machine }: DockerHost): Promise<Memory> {
  return memoryOf(await processesOf(machine.hostNamespace, 'docker-proxy'));
}

export function renderPublish(results: readonly PublishResult[]): string {
  const rows = results.map(({ by, ports, rounds }) => {
    const of = (figure: (round: PublishRound) => number) => median(rounds.map(figure));
    return [
      by === 'Docker'
        ? `Docker, ${ports} ${ports === 1 ? 'port' : 'ports'}`
        : 'appliance-agent, one multiplexed port',
      ms(upOf(rounds)),
      String(of(({ proxies }) => proxies.processes)),
      mib(of(({ proxies }) => proxies.rssBytes)),
      mib(of(({ proxies }) => proxies.pssBytes)),
      ms(of(({ removeMs }) => removeMs)),
    ];
  });
  const ours = results.find(({ by }) => by === 'appliance-agent')?.rounds ?? [];
  const one = results.find(({ by, ports }) => by === 'Docker' && ports === 1)?.rounds ?? [];
  const tableMs = median(ours.map((round) => round.tableMs ?? 0));
  const laterMs = upOf(ours) - upOf(one);
  return [
    '## Publishing UDP ports',
    'From nothing to a running container with its ports open, and back. Docker publishes a range (`docker run -p ' +
      'a-b:a-b/udp`), as a stack needs that gives each call a port of its own; we publish one port, which carries all ' +
      'calls.',
    table(['', 'up', 'docker-proxy', 'RSS', 'PSS', '`rm -f`'], rows),
    `Ours includes asking Docker for the address, listing, committing and checking DOCKER-USER: ${ms(tableMs)} together. ` +
      'RSS counts shared pages once a process; PSS is what the machine has less. The agent itself, which Docker does ' +
      'not need, is measured at rest below.',
    `The saving comes from needing one port, and no proxy processes: against one port that Docker publishes, ours is up ${ms(Math.abs(laterMs))} ${laterMs > 0 ? 'later' : 'sooner'}.`,
  ].join('\n\n');
}

const upOf = (rounds: readonly PublishRound[]) => median(rounds.map(({ upMs }) => upMs));
