import type * as z from 'zod';
import { BUDGET_RANGES, type BudgetChanges } from '../probes/budgets.ts';
import { checkCommand } from './check-command.ts';
import { checkCount } from './check-count.ts';
import { checkDuration } from './check-duration.ts';
import { setting } from './checked.ts';

/** Every service of every stack. What is said of one that the configured stack does not have means nothing. */
export const CONFIGURABLE_SERVICES = ['livekit', 'coturn', 'lk-jwt', 'tuwunel', 'traefik'] as const;

/** What the operator says of one service, over what the hardware profile says of all. */
export interface ServiceConfig extends BudgetChanges {
  /** A command that runs in the container now and then: with exit status 0 the service is well. */
  readonly check?: readonly string[] | undefined;
}

/** The settings below `services.NAME`, for the schema of `appliance.yaml`. */
export const serviceSettings = {
  startup: setting(checkDuration(...BUDGET_RANGES.startup)).optional(),
  liveness: setting(checkDuration(...BUDGET_RANGES.liveness)).optional(),
  livenessMisses: setting(checkCount(...BUDGET_RANGES.livenessMisses)).optional(),
  readinessMisses: setting(checkCount(...BUDGET_RANGES.readinessMisses)).optional(),
  interval: setting(checkDuration(...BUDGET_RANGES.interval)).optional(),
  check: setting(checkCommand).optional(),
  timeout: setting(checkDuration(...BUDGET_RANGES.timeout)).optional(),
} satisfies { readonly [Name in keyof ServiceConfig]: z.ZodType };

/** Without the services of which nothing is said. */
export function servicesNamed(
  services: Readonly<Record<string, ServiceConfig>>,
): Readonly<Record<string, ServiceConfig>> {
  return Object.fromEntries(Object.entries(services).filter(([, said]) => Object.keys(said).length > 0));
}
