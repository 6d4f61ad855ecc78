import type { Facts, Known, PerimeterEffect } from '../conditions/types.ts';
import { managementHash } from '../config/config-hash.ts';
import type { FirewallConfig } from '../config/firewall.ts';
import type { PerimeterStatus } from '../control/status.ts';
import { CONFIRMED_CHAIN, managementText, trialNames } from '../firewall/perimeter.ts';
import type { Instant } from '../system/clock.ts';
import { currentTrial, type PerimeterRecord, type TrialRecord, trialId } from './perimeter.ts';
import type { Observed } from './types.ts';

/** The perimeter as status tells of it; what is in force is what the kernel has. */
export function perimeterFact(
  firewall: FirewallConfig | null,
  record: PerimeterRecord,
  effect: Known<PerimeterEffect>,
  table: Observed['table'],
  now: Instant,
): Facts['perimeter'] {
  if (firewall === null) return { known: false, why: 'there is no configuration yet' };
  if (firewall.mode === 'publish') return { known: true, value: null };
  if (!table.ok) return { known: false, why: table.why };
  const { mode, management } = firewall;
  const { rolledBack } = record;
  const trial = currentTrial(firewall, record, now);
  const inForce = stateOf(trial, new Set((table.value?.chains ?? []).map(({ name }) => name)));
  const isThisOne = rolledBack && managementHash(rolledBack.management) === managementHash(management);
  return {
    known: true,
    value: {
      mode,
      management: managementText(management),
      inForce,
      trialEndsAt: trial && inForce === 'trial' ? endOf(trial) : null,
      rolledBack: isThisOne ? { at: rolledBack.at.wall, why: rolledBack.why } : null,
      closes: effect.known ? effect.value.closes : null,
      sessions: effect.known ? effect.value.sessions : null,
    },
  };
}

function stateOf(trial: TrialRecord | null, chains: ReadonlySet<string>): PerimeterStatus['inForce'] {
  if (trial !== null && chains.has(trialNames(trialId(trial)).chain)) return 'trial';
  return chains.has(CONFIRMED_CHAIN) ? 'confirmed' : 'nothing';
}

const endOf = ({ since, lastsMs }: TrialRecord) => new Date(Date.parse(since.wall) + lastsMs).toISOString();
