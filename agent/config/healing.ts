import type * as z from 'zod';
import { BUDGET_RANGES } from '../probes/budgets.ts';
import { writeDuration } from '../system/durations.ts';
import { checkCount } from './check-count.ts';
import { checkDuration } from './check-duration.ts';
import { type Checked, describeValue, invalid, setting, valid } from './checked.ts';

/** How the agent heals; durations are milliseconds. The defaults are argued in docs/healing.md. */
export interface HealingConfig {
  /** For every service, over what the hardware profile says: `liveness` and `startup` of `ProbeBudgets`. */
  readonly silenceLimit?: number | undefined;
  readonly startLimit?: number | undefined;
  /** How often each remedy is tried before the next one, in the order of the ladder. */
  readonly restarts: number;
  readonly recreations: number;
  readonly imageReloads: number;
  readonly stackRestarts: number;
  readonly engineRestarts: number;
  /** `allowed`: the machine itself, as the last remedy, if nothing serves, and not again within `rebootEvery`. */
  readonly reboot: 'never' | 'allowed';
  readonly rebootEvery: number;
  /** The wait after the first attempt; it doubles with each further one. */
  readonly firstDelay: number;
  /** The longest wait, and the only one once every remedy was tried. */
  readonly slowBeat: number;
  /** Attempts at all services within 30 minutes, after which only the slow beat is left to those that were tried. */
  readonly budget: number;
  /** A service that has served this long since the last attempt begins anew at the first remedy. */
  readonly forgiveAfter: number;
}

/** The settings below `healing`, for the schema of `appliance.yaml`. */
export const healingSettings = {
  silenceLimit: setting(checkDuration(...BUDGET_RANGES.liveness)).optional(),
  startLimit: setting(checkDuration(...BUDGET_RANGES.startup)).optional(),
  restarts: setting(checkCount(1, 10)).default(3),
  recreations: setting(checkCount(0, 10)).default(2),
  imageReloads: setting(checkCount(0, 10)).default(1),
  stackRestarts: setting(checkCount(0, 10)).default(1),
  engineRestarts: setting(checkCount(0, 10)).default(2),
  reboot: setting(checkReboot).default('never'),
  rebootEvery: setting(checkDuration('1h', '30d')).default(24 * 3_600_000),
  firstDelay: setting(checkDuration('1s', '1min')).default(1_000),
  slowBeat: setting(checkDuration('10s', '1h')).default(300_000),
  budget: setting(checkCount(5, 1_000)).default(30),
  forgiveAfter: setting(checkDuration('1min', '1d')).default(600_000),
} satisfies { readonly [Name in keyof HealingConfig]: z.ZodType };

function checkReboot(value: unknown): Checked<HealingConfig['reboot']> {
  return value === 'never' || value === 'allowed'
    ? valid(value)
    : invalid(`${describeValue(value)} is not known here`, 'write never or allowed');
}

/** As it stands in a file, where a duration has its unit and what is not given is not there. */
export function healingAsWritten(healing: HealingConfig): object {
  const { silenceLimit, startLimit, rebootEvery, firstDelay, slowBeat, forgiveAfter } = healing;
  const durations = { silenceLimit, startLimit, rebootEvery, firstDelay, slowBeat, forgiveAfter };
  const texts = Object.entries(durations).flatMap(([name, ms]) =>
    ms === undefined ? [] : [[name, writeDuration(ms)]],
  );
  return { ...healing, ...Object.fromEntries(texts) };
}
