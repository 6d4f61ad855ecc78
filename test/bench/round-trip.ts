import { join } from 'node:path';
import { run, runOk } from '../../agent/system/processes.ts';
import { HOST_V4, HOST_V6 } from '../support/machine.ts';
import type { Counts } from './counts.ts';
import { type DockerHost, NETWORK, SUBNET } from './docker-host.ts';
import { digits, table, us } from './markdown.ts';
import type { RoundTrip, RoundTripOptions } from './round-trip-process.ts';
import { median } from './statistics.ts';

export interface RoundTripResult {
  readonly path: string;
  readonly rounds: readonly RoundTrip[];
  /** The client's address as the container saw it. */
  readonly seenAs: string;
}

const PROGRAM = join(import.meta.dirname, 'round-trip-process.ts');
const CONTAINER = 'bench-echo';
const ECHO_PORT = 7882;
const DOCKER_PORT = 17_882;
const OURS = [{ protocol: 'udp', port: ECHO_PORT, service: CONTAINER }] as const;

/**
 * Round trips of 1000 bytes from a client outside to one container by every way that leads there, in turns. Our table
 * is there only while its own way is measured, so that the others do not pay for it.
 */
export async function measureRoundTrip(
  host: DockerHost,
  { rounds, exchanges }: Counts['roundTrip'],
): Promise<RoundTripResult[]> {
  const publish = `${DOCKER_PORT}:${ECHO_PORT}/udp`;
  await host.docker('run', '-d', '--name', CONTAINER, '--network', NETWORK, '--publish', publish, host.image);
  const address = await host.addressOf(CONTAINER);
  await routeToContainers(host);
  await host.peersOf(CONTAINER);
  const paths = [
    { path: 'direct, routed to the container', host: address, port: ECHO_PORT, ours: false },
    { path: 'Docker’s DNAT (IPv4)', host: HOST_V4, port: DOCKER_PORT, ours: false },
    { path: 'our DNAT (IPv4)', host: HOST_V4, port: ECHO_PORT, ours: true },
    { path: 'docker-proxy (IPv6)', host: HOST_V6, port: DOCKER_PORT, ours: false },
  ];
  const results = paths.map(({ path }) => ({ path, rounds: [] as RoundTrip[], seenAs: '' }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, to] of paths.entries()) {
      if (to.ours) await host.publish(OURS, address);
      const trip = await exchange(host, { host: to.host, port: to.port, exchanges });
      if (to.ours) await host.unpublish();
      const result = results[index];
      if (result === undefined) continue;
      result.rounds.push(trip);
      // This proves the way: docker-proxy shows an address of its own.
      result.seenAs ||= (await host.peersOf(CONTAINER)).at(-1) ?? 'nobody';
    }
  }
  await host.docker('rm', '--force', CONTAINER);
  return results;
}

async function exchange({ machine }: DockerHost, options: RoundTripOptions): Promise<RoundTrip> {
  const { exitCode, stdout, stderr } = await machine.inClient(
    process.execPath,
    [PROGRAM, JSON.stringify(options)],
    { timeoutMs: 60_000 },
  );
  if (exitCode !== 0) throw new Error(`the client of ${options.host} failed:\n${stderr}`);
  return JSON.parse(stdout);
}

async function routeToContainers({ machine }: DockerHost): Promise<void> {
  await runOk(run, 'ip', ['-n', machine.clientNamespace, 'route', 'replace', SUBNET, 'via', HOST_V4], {
    timeoutMs: 10_000,
    code: 'BENCH_ROUTE',
    hint: 'Needs root and iproute2.',
  });
}

export function renderRoundTrip(results: readonly RoundTripResult[]): string {
  const of = ({ rounds }: RoundTripResult, figure: (round: RoundTrip) => number) =>
    median(rounds.map(figure));
  const direct = results[0];
  const floor = direct === undefined ? 0 : of(direct, ({ p50Us }) => p50Us);
  const rows = results.map((result) => {
    const p50s = result.rounds.map(({ p50Us }) => p50Us);
    const p50 = median(p50s);
    return [
      result.path,
      us(p50),
      `${digits(Math.min(...p50s))} to ${digits(Math.max(...p50s))}`,
      result === direct ? '' : us(p50 - floor),
      us(of(result, ({ p99Us }) => p99Us)),
      String(result.rounds.reduce((sum, { lost }) => sum + lost, 0)),
      result.seenAs,
    ];
  });
  return [
    '## UDP round trip, 1000 bytes, one flow',
    'From a client outside to the same container by four ways in turns, one datagram under way at a time; medians of ' +
      `${direct?.rounds.length ?? 0} rounds.`,
    table(['', 'p50', 'of single rounds', 'above direct', 'p99', 'lost', 'the container sees'], rows),
    'Client and echo are Node processes, so most of each figure is theirs; only the differences are the network’s, and ' +
      'those within the spread of single rounds are noise. ' +
      '**Our DNAT is not faster than Docker’s for external IPv4**, and is not claimed to be: both are a lookup in the ' +
      'kernel, and no docker-proxy is on that way. What an IPv6 client of a published port gets from Docker (where the ' +
      'containers have no IPv6) is docker-proxy: two more copies through user space, and the client’s address is lost.',
  ].join('\n\n');
}
