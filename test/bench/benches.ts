import { startAppliance } from '../support/appliance.ts';
import { type ApplyResult, measureApply } from './apply.ts';
import { type BlackholeResult, measureBlackhole } from './blackhole.ts';
import type { Counts } from './counts.ts';
import { startDockerHost } from './docker-host.ts';
import { type EventsResult, measureEvents } from './events.ts';
import { type HealResult, measureHealing, measureRestarts } from './heal.ts';
import { measureHealthChecks } from './health-check.ts';
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
  readonly loads: readonly Load[];
  readonly publish: readonly PublishResult[];
  readonly roundTrip: readonly RoundTripResult[];
  readonly blackhole: readonly BlackholeResult[];
  readonly startToMap: StartToMapResult;
  readonly apply: readonly ApplyResult[];
  readonly rest: readonly RestResult[];
  readonly heal: readonly HealResult[];
  readonly events: EventsResult;
}

/** Runs every bench, one after the other; `tell` gets a line as each begins. */
export async function measure(counts: Counts, tell: (line: string) => void): Promise<Measurements> {
  const startedAt = new Date().toISOString();
  const begun = performance.now();
  const loads: Load[] = [{ when: 'at the beginning', average: loadNow() }];
  const bench = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    tell(`${Math.round((performance.now() - begun) / 1000)} s: ${name}`);
    const result = await work();
    loads.push({ when: `after ${name}`, average: loadNow() });
    return result;
  };

  const apply = await bench('apply', () => measureApply(counts.apply));
  const docker = await withMachine(startDockerHost, async (host) => ({
    engineVersion: host.engineVersion,
    publish: await bench('publish', () => measurePublish(host, counts.publish)),
    roundTrip: await bench('round trip', () => measureRoundTrip(host, counts.roundTrip)),
    blackhole: await bench('moves with Docker', () =>
      measureBlackhole(publishedByDocker(host), counts.blackhole),
    ),
    heal: [
      ...(await bench('restarts by Docker', () => measureRestarts(host, counts.heal))),
      ...(await bench('health checks of Docker', () => measureHealthChecks(host, counts.heal))),
    ],
  }));
  // Only now: the agent would rightly report the proxies of the other engine as a problem of this machine.
  const ours = await withMachine(startAppliance, async (appliance) => ({
    rest: await bench('rest', () => measureRest(appliance, counts.rest)),
    startToMap: await bench('starts', () => measureStartToMap(appliance, counts.startToMap)),
    blackhole: await bench('moves with us', () =>
      measureBlackhole(publishedByUs(appliance), counts.blackhole),
    ),
    heal: await bench('healing', () => measureHealing(appliance, counts.heal)),
    events: await bench('events', () => measureEvents(appliance, counts.events)),
  }));
  const { engineVersion, publish, roundTrip } = docker;
  const { rest, startToMap, events } = ours;
  const blackhole = [...docker.blackhole, ...ours.blackhole];
  const heal = [...docker.heal, ...ours.heal];
  const on = await surroundings(engineVersion);
  const durationS = (performance.now() - begun) / 1000;
  return {
    ...{ startedAt, durationS, counts, on, loads },
    ...{ publish, roundTrip, blackhole, startToMap, apply, rest, heal, events },
  };
}

async function withMachine<Machine extends { destroy(): Promise<void> }, T>(
  start: () => Promise<Machine>,
  use: (machine: Machine) => Promise<T>,
): Promise<T> {
  const machine = await start();
  try {
    return await use(machine);
  } finally {
    await machine.destroy();
  }
}
