import { gatherClock, pathExists } from '../conditions/gather/clock.ts';
import { gatherConntrack } from '../conditions/gather/conntrack.ts';
import { gatherDisks, listFilesystems } from '../conditions/gather/disks.ts';
import { gatherDockerProxies } from '../conditions/gather/docker-proxies.ts';
import { gatherCompose } from '../conditions/gather/engine.ts';
import { gatherTurnsListener } from '../conditions/gather/turns-listener.ts';
import type { Clock } from '../system/clock.ts';
import type { Run } from '../system/processes.ts';
import type { SlowFacts } from './daemon-facts.ts';

/** Gathers what takes longer than a round may take. Each part is bounded in time by itself. */
export async function gatherSlowFacts(ports: {
  readonly run: Run;
  readonly clock: Clock;
  readonly composeVersion: () => Promise<string>;
}): Promise<SlowFacts> {
  const [compose, dockerProxies, turnsListener, conntrack, disks, clock] = await Promise.all([
    gatherCompose(ports.composeVersion),
    gatherDockerProxies(),
    gatherTurnsListener(),
    gatherConntrack(),
    gatherDisks(listFilesystems),
    gatherClock({ run: ports.run, exists: pathExists, wall: () => ports.clock.now().wall }),
  ]);
  return { compose, dockerProxies, turnsListener, conntrack, disks, clock };
}
