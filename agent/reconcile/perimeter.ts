import { createHash } from 'node:crypto';
import { managementHash } from '../config/config-hash.ts';
import type { FirewallConfig, Management } from '../config/firewall.ts';
import type { ApplianceConfig } from '../config/schema.ts';
import type { Perimeter } from '../firewall/perimeter.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';
import { writeDuration } from '../system/durations.ts';
import type { Step } from './steps.ts';

/** What became of the perimeters that were asked for. It outlives the agent, and the machine's power. */
export interface PerimeterRecord {
  readonly confirmed: Management | null;
  /** The newest trial. One that the configuration no longer asks for is not in force, whatever is left of its time. */
  readonly trial: TrialRecord | null;
  /** The last that was not confirmed: it is not tried again unless somebody asks for it. */
  readonly rolledBack: { readonly management: Management; readonly at: Instant; readonly why: string } | null;
}

export interface TrialRecord {
  readonly management: Management;
  readonly since: Instant;
  readonly lastsMs: number;
}

export const NO_PERIMETER: PerimeterRecord = { confirmed: null, trial: null, rolledBack: null };

/** Milliseconds until a trial ends by itself; 0 when it has, as every trial has at the next boot. */
export function trialLeftMs({ since, lastsMs }: TrialRecord, now: Instant): number {
  const elapsed = elapsedMs(since, now);
  return elapsed === null ? 0 : Math.max(0, lastsMs - elapsed);
}

export function trialId({ management, since }: TrialRecord): string {
  const meaning = [managementHash(management), since.bootId, since.monotonicMs].join(' ');
  return createHash('sha256').update(meaning).digest('hex').slice(0, 8);
}

/** The trial of what the configuration asks for now, while it lasts. */
export function currentTrial(
  { mode, management }: FirewallConfig,
  { trial }: PerimeterRecord,
  now: Instant,
): TrialRecord | null {
  const lasts = mode === 'enforce' && trial !== null && trialLeftMs(trial, now) > 0;
  return lasts && isSame(trial.management, management) ? trial : null;
}

/** What the rules should be. Nothing is in force that was not tried, and nothing is tried that was not written down. */
export function perimeterInForce(firewall: FirewallConfig, record: PerimeterRecord, now: Instant): Perimeter {
  if (firewall.mode !== 'enforce') return { confirmed: null, trial: null };
  const trial = currentTrial(firewall, record, now);
  return {
    confirmed: record.confirmed,
    trial: trial && {
      id: trialId(trial),
      management: trial.management,
      secondsLeft: Math.ceil(trialLeftMs(trial, now) / 1_000),
    },
  };
}

/** What has to be written down next. */
export function planPerimeter(firewall: FirewallConfig, record: PerimeterRecord, now: Instant): Step[] {
  const { mode, management } = firewall;
  const { confirmed, trial, rolledBack } = record;
  if (mode !== 'enforce') {
    const isKnown = confirmed !== null || trial !== null || rolledBack !== null;
    return isKnown ? [{ kind: 'forget-perimeter', why: `firewall.mode is ${mode}` }] : [];
  }
  if (trial !== null && isSame(trial.management, management)) {
    const isOver = trialLeftMs(trial, now) === 0;
    return isOver ? [{ kind: 'roll-back-perimeter', why: whyOver(trial, now) }] : [];
  }
  const isSettled = [confirmed, rolledBack?.management].some((one) => one && isSame(one, management));
  if (isSettled) return [];
  const why = 'firewall.mode is enforce, and this perimeter was not confirmed yet';
  return [{ kind: 'try-perimeter', why, management, lastsMs: firewall.trial }];
}

/** The management that somebody has yet to decide about; null where none is asked for, or it is confirmed. */
export function undecided(config: ApplianceConfig | null, { confirmed }: PerimeterRecord): Management | null {
  if (config === null) return null;
  const { mode, management } = config.firewall;
  const isDecided = mode === 'enforce' && confirmed !== null && isSame(confirmed, management);
  return mode === 'publish' || isDecided ? null : management;
}

const whyOver = ({ since, lastsMs }: TrialRecord, now: Instant) =>
  since.bootId === now.bootId
    ? `it was not confirmed within ${writeDuration(lastsMs)}`
    : 'the machine started anew before it was confirmed';

const isSame = (a: Management, b: Management) => managementHash(a) === managementHash(b);
