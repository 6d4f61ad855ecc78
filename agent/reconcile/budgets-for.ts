import type { Facts } from '../conditions/types.ts';
import type { ApplianceConfig } from '../config/schema.ts';
import { isSlowed } from '../hardware/slowed.ts';
import { mergeBudgets, type ProbeBudgets } from '../probes/budgets.ts';

/** While the machine slows itself down for heat or want of power, which no restart mends, so much longer is waited. */
const SLOWED_FACTOR = 2;

/**
 * The budgets of a service: what is written about it goes before what is written about all, and that before the
 * hardware profile. While that is not known yet, the machine counts as any other.
 */
export function budgetsFor(
  service: string,
  { healing, services }: Pick<ApplianceConfig, 'healing' | 'services'>,
  hardware: Facts['hardware'],
): ProbeBudgets {
  const { check: _, ...said } = services[service] ?? {};
  const budgets = mergeBudgets(
    hardware.known ? hardware.value.probes : {},
    { liveness: healing.silenceLimit, startup: healing.startLimit },
    said,
  );
  if (!hardware.known || !isSlowed(hardware.value)) return budgets;
  const { startup, liveness } = budgets;
  return { ...budgets, startup: startup * SLOWED_FACTOR, liveness: liveness * SLOWED_FACTOR };
}
