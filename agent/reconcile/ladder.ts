import type { HealingConfig } from '../config/healing.ts';
import type { Attempt } from '../store/types.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';

/** The remedies, from the one that costs least. An attempt counts towards its own. */
export const RUNGS = ['restart', 'recreate', 'reload-image', 'stack', 'engine', 'reboot'] as const;
export type Rung = (typeof RUNGS)[number];

/** Attempts within this time spend the global budget. */
const BUDGET_WINDOW_MS = 30 * 60_000;
/** Part of a wait by which it may be longer, so that what failed at the same moment is not tried at the same moment. */
const JITTER = 0.1;

interface Rule {
  readonly rung: Rung;
  readonly tries: number;
  /**
   * Whose attempts use it up. `boot`: those of the subject in this boot; `subject`: also those of former boots, for the
   * fault outlived them; `machine`: those of every subject, for all pay for it. Serving again gives all of them back.
   */
  readonly counted: 'boot' | 'subject' | 'machine';
}

/** The ladder that a service climbs; with every try used up, `SLOW_RUNG` is left at the slow beat. */
export function serviceLadder(healing: HealingConfig): readonly Rule[] {
  return [
    { rung: 'restart', tries: healing.restarts, counted: 'boot' },
    { rung: 'recreate', tries: healing.recreations, counted: 'boot' },
    { rung: 'reload-image', tries: healing.imageReloads, counted: 'subject' },
    { rung: 'stack', tries: healing.stackRestarts, counted: 'machine' },
    ...engineLadder(healing),
  ];
}

/** The ladder of the engine itself. */
export function engineLadder(healing: HealingConfig): readonly Rule[] {
  return [
    { rung: 'engine', tries: healing.engineRestarts, counted: 'machine' },
    // Its own guard bounds it: see `mayReboot`.
    {
      rung: 'reboot',
      tries: healing.reboot === 'allowed' ? Number.POSITIVE_INFINITY : 0,
      counted: 'machine',
    },
  ];
}

export interface Turn {
  readonly rung: Rung;
  readonly dueInMs: number;
  /** Attempts at this subject in this boot. */
  readonly attempts: number;
  /** Nothing but the slow beat is left. */
  readonly slow: boolean;
}

export interface Climb {
  readonly subject: string;
  /** Of every subject, oldest first. */
  readonly attempts: readonly Attempt[];
  readonly ladder: readonly Rule[];
  readonly healing: HealingConfig;
  /** Lower rungs cannot help. */
  readonly least: Rung;
  /** Whether a rung may be taken now, for the sake of others. */
  readonly allows: (rung: Rung) => boolean;
  /** What is tried at the slow beat. */
  readonly slowRung: Rung;
  readonly now: Instant;
}

/**
 * What is tried next, and when. Waits compare moments of this boot only; after a reboot the cheap rungs are tried
 * afresh and at once.
 */
export function nextTurn(climb: Climb): Turn {
  const { subject, healing, now } = climb;
  const ages = climb.attempts
    .filter((attempt) => attempt.subject === subject)
    .flatMap(({ at }) => elapsedMs(at, now) ?? []);
  const rung = climb.ladder.find((rule) => isOpen(rule, climb))?.rung;
  const slow = rung === undefined || isBudgetSpent(climb);
  const delay = slow
    ? healing.slowBeat
    : Math.min(healing.firstDelay * 2 ** (ages.length - 1), healing.slowBeat);
  const sinceLast = ages.at(-1);
  return {
    rung: rung ?? climb.slowRung,
    dueInMs:
      sinceLast === undefined
        ? 0
        : Math.max(0, delay + jitter(`${now.bootId} ${subject} ${ages.length}`, delay) - sinceLast),
    attempts: ages.length,
    slow: slow && ages.length > 0,
  };
}

function isOpen({ rung, tries, counted }: Rule, { subject, attempts, least, allows, now }: Climb): boolean {
  if (RUNGS.indexOf(rung) < RUNGS.indexOf(least) || !allows(rung)) return false;
  const used = attempts.filter(
    (attempt) =>
      attempt.rung === rung &&
      (counted === 'machine' || attempt.subject === subject) &&
      (counted !== 'boot' || attempt.at.bootId === now.bootId),
  );
  // One that the end of the agent cut short may have done nothing yet, and a costly rung has few tries. But if it is what
  // ends the agent, it is not tried for ever.
  const cutShort = counted === 'boot' ? 0 : used.filter(({ ended }) => !ended).length;
  return used.length - Math.min(cutShort, 1) < tries;
}

function isBudgetSpent({ attempts, healing, now }: Climb): boolean {
  const recent = attempts.filter(({ at }) => (elapsedMs(at, now) ?? BUDGET_WINDOW_MS) < BUDGET_WINDOW_MS);
  return recent.length >= healing.budget;
}

/**
 * Never twice within `rebootEvery`: this boot has lasted so long. Since the reboot that was recorded at least that much
 * time has passed, whatever the clock on the wall was set to meanwhile.
 */
export function mayReboot(
  attempts: readonly Attempt[],
  { rebootEvery }: HealingConfig,
  now: Instant,
): boolean {
  return now.monotonicMs >= rebootEvery || attempts.every(({ rung }) => rung !== 'reboot');
}

/** Part of `delay`, the same for the same seed. */
function jitter(seed: string, delay: number): number {
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (const character of seed) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return Math.round((delay * JITTER * (hash >>> 0)) / 2 ** 32);
}

/** What an agent of this boot tried last at, and did not live to see the end. */
export function subjectsCutShort(ledger: readonly Attempt[], now: Instant): ReadonlySet<string> {
  const ended = new Map(
    ledger.filter(({ at }) => at.bootId === now.bootId).map((attempt) => [attempt.subject, attempt.ended]),
  );
  return new Set([...ended].filter(([, hasEnded]) => !hasEnded).map(([subject]) => subject));
}
