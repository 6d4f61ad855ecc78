import { gatherClock, pathExists } from '../conditions/gather/clock.ts';
import { gatherConntrack } from '../conditions/gather/conntrack.ts';
import { gatherDisks } from '../conditions/gather/disks.ts';
import { gatherDockerProxies } from '../conditions/gather/docker-proxies.ts';
import { gatherCompose } from '../conditions/gather/engine.ts';
import { gatherForeignRules } from '../conditions/gather/foreign-rules.ts';
import { gatherOtherFirewalls } from '../conditions/gather/other-firewalls.ts';
import { gatherPortHolders } from '../conditions/gather/port-holders.ts';
import { gatherTurnsListener } from '../conditions/gather/turns-listener.ts';
import type { Flow } from '../firewall/flows.ts';
import type { Clock } from '../system/clock.ts';
import type { Run } from '../system/processes.ts';
import type { SlowFacts } from './daemon-facts.ts';

/** Gathers what takes longer than a round may take. Each part is bounded in time by itself. */
export async function gatherSlowFacts(ports: {
  readonly run: Run;
  readonly hardware: () => Promise<SlowFacts['hardware']>;
  readonly clock: Clock;
  readonly composeVersion: () => Promise<string>;
  /** What is published; nothing while that is not known. */
  readonly flows: readonly Flow[];
  /** See `appliancePaths`. */
  readonly root: string;
}): Promise<SlowFacts> {
  const { run, flows } = ports;
  const [
    compose,
    dockerProxies,
    turnsListener,
    conntrack,
    disks,
    clock,
    foreignRules,
    portHolders,
    otherFirewalls,
    hardware,
  ] = await Promise.all([
    gatherCompose(ports.composeVersion),
    gatherDockerProxies(),
    gatherTurnsListener(),
    gatherConntrack(),
    gatherDisks(),
    gatherClock({ run, exists: pathExists, wall: () => ports.clock.now().wall }),
    gatherForeignRules({ run, flows }),
    gatherPortHolders(flows),
    gatherOtherFirewalls(ports.root),
    ports.hardware(),
  ]);
  return {
    compose,
    dockerProxies,
    turnsListener,
    conntrack,
    disks,
    clock,
    foreignRules,
    portHolders,
    otherFirewalls,
    hardware,
  };
}
