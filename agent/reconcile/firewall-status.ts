import { known } from '../conditions/findings.ts';
import { gatherPerimeterEffect } from '../conditions/gather/perimeter-effect.ts';
import type { Facts } from '../conditions/types.ts';
import { wholePath } from '../conditions/whole-path.ts';
import type { ApplianceConfig } from '../config/schema.ts';
import type { FirewallStatus } from '../control/status.ts';
import { droppedStatus } from '../firewall/dropped.ts';
import type { Flow } from '../firewall/flows.ts';
import { publishedStatus } from '../firewall/published-status.ts';
import type { Nft } from '../nftables/index.ts';
import type { Instant } from '../system/clock.ts';
import { describeError } from '../system/errors.ts';
import { tableFact } from './drift.ts';
import { perimeterFact } from './perimeter-status.ts';
import type { Desired, History, Observed } from './types.ts';

type FirewallFacts = Pick<Facts, 'table' | 'forwardPath' | 'dockerProxies' | 'perimeter'>;

/** The firewall as status shows it: what leads where, what went through, and what is not as it should be. */
export function firewallStatus(
  desired: Desired | null,
  table: Observed['table'],
  facts: FirewallFacts,
): FirewallStatus {
  const counters = table.ok ? (table.value?.counters ?? []) : [];
  const services = desired?.services ?? [];
  const { forwardPath, dockerProxies, perimeter } = facts;
  return {
    ...(facts.table.known
      ? { state: facts.table.value.state, differences: facts.table.value.differences }
      : { state: 'failed', differences: [facts.table.why] }),
    published: publishedStatus(
      services.flatMap(({ published }) => published),
      services.flatMap(({ open }) => open),
      desired?.backends ?? new Map(),
      new Map(counters.map((counter) => [counter.name, counter])),
    ),
    forwardPath: forwardPath.known ? wholePath(forwardPath.value) : { open: null, detail: forwardPath.why },
    dropped: droppedStatus(counters),
    perimeter: perimeter.known ? perimeter.value : null,
    dockerProxyProcesses: dockerProxies.known ? dockerProxies.value.count : null,
  };
}

/** The same, looked at now and not when the last round did; null while it is not known what should be. */
export async function firewallNow(now: {
  readonly nft: Nft;
  readonly desired: Desired | null;
  readonly history: History;
  readonly forwardPath: () => Promise<Facts['forwardPath']>;
  readonly dockerProxies: Facts['dockerProxies'];
  readonly config: ApplianceConfig | null;
  readonly flows: readonly Flow[];
  readonly now: Instant;
}): Promise<FirewallStatus | null> {
  const { desired, history, dockerProxies } = now;
  if (desired === null) return null;
  const firewall = now.config?.firewall ?? null;
  const management = firewall === null || firewall.mode === 'publish' ? null : firewall.management;
  const [table, forwardPath, effect] = await Promise.all([
    listed(now.nft),
    now.forwardPath(),
    gatherPerimeterEffect({ flows: now.flows, management, mdns: now.config?.site.mdns ?? false }),
  ]);
  return firewallStatus(desired, table, {
    table: known(tableFact(table, desired, history)),
    forwardPath,
    dockerProxies,
    perimeter: perimeterFact(firewall, history.perimeter, effect, table, now.now),
  });
}

async function listed(nft: Nft): Promise<Observed['table']> {
  try {
    return { ok: true, value: await nft.list('inet', 'appliance') };
  } catch (error) {
    return { ok: false, why: describeError(error) };
  }
}
