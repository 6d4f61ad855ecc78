import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCompose } from '../../agent/engine/compose.ts';
import { run } from '../../agent/system/processes.ts';
import type { Appliance } from '../support/appliance.ts';
import { createClient } from '../support/client.ts';
import { HOST_V4 } from '../support/machine.ts';
import { composePlugins } from '../support/stack.ts';
import type { Counts, Fault } from './counts.ts';
import { type DockerHost, NETWORK } from './docker-host.ts';
import { operator } from './operator.ts';
import { type Outage, outageBy, type Sufferer } from './outage.ts';
import { serves } from './serves.ts';

/** How long a service was away after a fault, with somebody who brings it back. */
export interface HealResult {
  readonly by: string;
  readonly fault: Fault;
  readonly outages: readonly Outage[];
}

/** How finely an outage is seen, and how long its end is waited for. */
const WATCH: Readonly<Record<Fault, { readonly intervalMs: number; readonly limitMs: number }>> = {
  killed: { intervalMs: 5, limitMs: 10_000 },
  'docker-kill': { intervalMs: 5, limitMs: 10_000 },
  hung: { intervalMs: 20, limitMs: 90_000 },
};

/** A container that is new each time: an engine waits longer before each restart of one that ended lately. */
interface Renewed extends Sufferer {
  renew(): Promise<void>;
}

/** The SFU of an appliance, with the agent. */
export function measureHealing(appliance: Appliance, { faults, trials }: Counts['heal']) {
  return outagesOf('appliance-agent', healedByUs(appliance), faults, trials);
}

/** The same image with Docker's `restart: always` alone, which does nothing about a process that hangs. */
export function measureRestarts(host: DockerHost, { faults, trials }: Counts['heal']) {
  const exits = faults.filter((fault) => fault !== 'hung');
  return outagesOf('Docker, `restart: always`', restartedByDocker(host), exits, trials);
}

async function outagesOf(
  by: string,
  sufferer: Renewed,
  faults: readonly Fault[],
  trials: number,
): Promise<HealResult[]> {
  const results: HealResult[] = [];
  for (const fault of faults) {
    const outages: Outage[] = [];
    for (let trial = 0; trial < trials; trial += 1) {
      await sufferer.renew();
      outages.push(await outageBy(fault, sufferer, WATCH[fault]));
    }
    results.push({ by, fault, outages });
  }
  return results;
}

function restartedByDocker(host: DockerHost): Renewed {
  const container = 'bench-restart';
  return {
    client: createClient(host.machine),
    port: 7882,
    container,
    docker: host.docker,
    async renew() {
      await host.docker('rm', '--force', container);
      await host.docker(
        ...['run', '--detach', '--name', container, '--network', NETWORK, '--restart', 'always'],
        ...['--publish', '7882:7882/udp', host.image],
      );
      await host.peersOf(container);
    },
  };
}

function healedByUs(appliance: Appliance): Renewed {
  const client = createClient(appliance.machine);
  const { engineSocket, rendered } = appliance.paths;
  const compose = createCompose({ run, engineSocket, candidates: composePlugins });
  return {
    client,
    port: 7882,
    container: 'appliance-livekit-1',
    docker: appliance.docker,
    async renew() {
      // Earlier trials must not count as failures that call for patience.
      await operator(appliance, 'heal', 'livekit');
      const file = join(rendered, 'compose.yaml');
      await compose.up({ file, services: ['livekit'], forceRecreate: true });
      for (let tries = 0; tries < 40; tries += 1) {
        const { received } = await client.udpEcho({ host: HOST_V4, port: 7882, intervalMs: 5, count: 3 });
        if (received === 3) break;
        await sleep(250);
      }
      await appliance.until('all services serve', 30_000, serves);
    },
  };
}
