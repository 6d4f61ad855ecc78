import type { Facts } from '../conditions/types.ts';
import type { ApplianceConfig } from '../config/schema.ts';
import { mergeBudgets, type ProbeBudgets } from '../probes/budgets.ts';

/**
 * The budgets of a service: what is written about it goes before what is written about all, and that before the
 * hardware profile. While that is not known yet, the machine counts as any other.
 */
export function budgetsFor(
  service: string,
  { healing, services }: Pick<ApplianceConfig, 'healing' | 'services'>,
  hardware: Facts['hardware'],
): ProbeBudgets {
  return mergeBudgets(
    hardware.known ? hardware.value.probes : {},
    { liveness: healing.silenceLimit, startup: healing.startLimit },
    services[service] ?? {},
  );
}
