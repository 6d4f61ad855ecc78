import { type Appliance, startAppliance } from '../support/appliance.ts';
import { type ApplyResult, measureApply } from './apply.ts';
import { type BlackholeResult, measureBlackhole } from './blackhole.ts';
import type { Counts } from './counts.ts';
import { type DockerHost, startDockerHost } from './docker-host.ts';
import { publishedByDocker, publishedByUs } from './moves.ts';
import { measurePublish, type PublishResult } from './publish.ts';
import { measureRest, type RestResult } from './rest.ts';
import { measureRoundTrip, type RoundTripResult } from './round-trip.ts';
import { measureStartToMap, type StartToMapResult } from './start-to-map.ts';
import { type Load, loadNow, type Surroundings, surroundings } from './surroundings.ts';

/** One run of every bench, with each single measurement: what `.cache/bench/` keeps. */
export interface Measurements {
  readonly startedAt: string;
  readonly durationS: number;
  readonly counts: Counts;
  readonly on: Surroundings;
  readonly load: Load;
  readonly publish: readonly PublishResult[];
  readonly roundTrip: readonly RoundTripResult[];
  readonly blackhole: readonly BlackholeResult[];
  readonly startToMap: StartToMapResult;
  readonly apply: readonly ApplyResult[];
  readonly rest: RestResult;
}

/** Runs every bench, one after the other; `tell` gets a line as each begins. */
export async function measure(counts: Counts, tell: (line: string) => void): Promise<Measurements> {
  const startedAt = new Date().toISOString();
  const begun = performance.now();
  const before = loadNow();
  const bench = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    tell(`${Math.round((performance.now() - begun) / 1000)} s: ${name}`);
    return work();
  };

  const apply = await bench('apply', () => measureApply(counts.apply));
  const { dockerHost, appliance } = await bench('an engine and an appliance come up', startBoth);
  try {
    const rest = await bench('rest', () => measureRest(appliance, counts.rest));
    const publish = await bench('publish', () => measurePublish(dockerHost, counts.publish));
    const roundTrip = await bench('round trip', () => measureRoundTrip(dockerHost, counts.roundTrip));
    const startToMap = await bench('start to map', () => measureStartToMap(appliance, counts.startToMap));
    const movables = [publishedByDocker(dockerHost), publishedByUs(appliance)];
    const blackhole = await bench('blackhole', () => measureBlackhole(movables, counts.blackhole));
    return {
      startedAt,
      durationS: (performance.now() - begun) / 1000,
      counts,
      on: await surroundings(dockerHost.engineVersion),
      load: { before, after: loadNow() },
      publish,
      roundTrip,
      blackhole,
      startToMap,
      apply,
      rest,
    };
  } finally {
    await Promise.all([appliance.destroy(), dockerHost.destroy()]);
  }
}

async function startBoth(): Promise<{ dockerHost: DockerHost; appliance: Appliance }> {
  const appliance = await startAppliance();
  try {
    return { appliance, dockerHost: await startDockerHost() };
  } catch (error) {
    await appliance.destroy();
    throw error;
  }
}
