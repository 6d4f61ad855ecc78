import { gatherClock, pathExists } from '../conditions/gather/clock.ts';
import { gatherConntrack } from '../conditions/gather/conntrack.ts';
import { diskPaths, gatherDisks } from '../conditions/gather/disks.ts';
import { gatherDockerProxies } from '../conditions/gather/docker-proxies.ts';
import { gatherCompose } from '../conditions/gather/engine.ts';
import { gatherForeignRules } from '../conditions/gather/foreign-rules.ts';
import { hasLegacyTables } from '../conditions/gather/iptables.ts';
import { gatherMemory } from '../conditions/gather/memory.ts';
import { gatherOtherFirewalls } from '../conditions/gather/other-firewalls.ts';
import { gatherPerimeterEffect } from '../conditions/gather/perimeter-effect.ts';
import { gatherPortHolders, RELAY } from '../conditions/gather/port-holders.ts';
import { rememberSocketOwners } from '../conditions/gather/socket-owners.ts';
import { socketCounts, type WaitingSocket, waitingSockets } from '../conditions/gather/sockets.ts';
import { gatherTurnsListener } from '../conditions/gather/turns-listener.ts';
import type { Management } from '../config/firewall.ts';
import type { Flow } from '../firewall/flows.ts';
import { allOf } from '../system/all-of.ts';
import type { Clock } from '../system/clock.ts';
import { keep } from '../system/keep.ts';
import type { Paths } from '../system/paths.ts';
import type { Run } from '../system/processes.ts';
import type { SlowFacts } from './daemon-facts.ts';

/** What nobody tells of is looked at this often; what somebody does tell of, in case that was missed. */
const UNTOLD_MS = 30_000;
/** The name of every process on the machine is read for it. */
const PROXIES_KEPT_MS = 55_000;
const TOLD_MS = 5 * 60_000;

export interface SlowFactsPorts {
  readonly run: Run;
  readonly hardware: () => Promise<SlowFacts['hardware']>;
  readonly clock: Clock;
  readonly composeVersion: () => Promise<string>;
  readonly discovery: () => Promise<SlowFacts['discovery']>;
  readonly symptoms: () => Promise<SlowFacts['symptoms']>;
  /** What is published; nothing while that is not known. */
  readonly flows: () => readonly Flow[];
  /** Who may manage this host, while somebody has to decide about that. */
  readonly management: () => Management | null;
  /** See `FirewallInput`. */
  readonly mdns: () => boolean;
  readonly paths: Paths;
}

/** What takes longer to gather than a round may take. */
export interface SlowFactsGatherer {
  /** Each part is bounded in time by itself. */
  gather(): Promise<SlowFacts>;
  /** Rules changed, ours or those of others: they are read anew the next time. */
  rulesChanged(): void;
}

/** How old a reading of the rules of others may be: `nft monitor` tells of all but those of iptables-legacy. */
export const rulesKeptMs = (): number => (hasLegacyTables() ? UNTOLD_MS : TOLD_MS);

export function createSlowFacts(ports: SlowFactsPorts): SlowFactsGatherer {
  const { run, clock, flows } = ports;
  const foreignRules = keep(() => gatherForeignRules({ run, flows: flows() }), rulesKeptMs, clock);
  // timedatectl starts a service for its answer.
  const clockFact = keep(
    () => gatherClock({ run, exists: pathExists, wall: () => clock.now().wall }),
    TOLD_MS,
    clock,
  );
  const dockerProxies = keep(gatherDockerProxies, PROXIES_KEPT_MS, clock);
  const waiting = rememberWaiting(clock);
  const ownersOf = rememberSocketOwners(RELAY);
  let changed = false;
  return {
    rulesChanged() {
      changed = true;
    },
    gather() {
      const anew = changed;
      changed = false;
      return gather(
        ports,
        () => foreignRules(anew),
        () => clockFact(false),
        () => dockerProxies(false),
        waiting(),
        ownersOf,
      );
    },
  };
}

/**
 * The sockets that wait: listed anew when there are more or fewer of a kind; and now and then, for one may have come in the
 * place of another.
 */
function rememberWaiting(clock: Clock): () => Promise<readonly WaitingSocket[]> {
  const sockets = keep(() => waitingSockets(), TOLD_MS, clock);
  let counted = '';
  return async () => {
    const before = counted;
    counted = await socketCounts();
    return sockets(counted !== before);
  };
}

async function gather(
  ports: SlowFactsPorts,
  readForeignRules: () => Promise<SlowFacts['foreignRules']>,
  readClock: () => Promise<SlowFacts['clock']>,
  readDockerProxies: () => Promise<SlowFacts['dockerProxies']>,
  waiting: Promise<readonly WaitingSocket[]>,
  ownersOf: ReturnType<typeof rememberSocketOwners>,
): Promise<SlowFacts> {
  const { flows, management, mdns } = ports;
  return allOf<SlowFacts>({
    compose: gatherCompose(ports.composeVersion),
    dockerProxies: readDockerProxies(),
    turnsListener: gatherTurnsListener(waiting),
    conntrack: gatherConntrack(),
    disks: gatherDisks(diskPaths(ports.paths)),
    memory: gatherMemory(),
    clock: readClock(),
    foreignRules: readForeignRules(),
    portHolders: gatherPortHolders(flows(), '/proc', { waiting, ownersOf }),
    otherFirewalls: gatherOtherFirewalls(ports.paths.root),
    hardware: ports.hardware(),
    discovery: ports.discovery(),
    symptoms: ports.symptoms(),
    perimeterEffect: gatherPerimeterEffect({ flows: flows(), management: management(), mdns: mdns() }),
  });
}
