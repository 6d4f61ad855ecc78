import { ROTATED, type RotatedName } from '../stack/rotations.ts';
import type { Secrets } from '../stack/types.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';
import { filesToWrite } from './files-to-write.ts';
import { quietInMs } from './quiet.ts';
import type { RotationRecord, RotationStep } from './rotation-record.ts';
import type { Desired, History, Observed } from './types.ts';

/** What keeps a rotation from its next phase; `ms` is how long at least, where that is known. */
interface Wait {
  readonly for: 'services' | 'quiet' | 'overlap';
  readonly ms: number;
}

/** What comes after each phase. */
const NEXT = { asked: 'prepared', prepared: 'switched', switched: 'overlap', overlap: 'over' } as const;

/** A rotation that is under way. */
export interface Rotation {
  readonly name: RotatedName;
  readonly phase: keyof typeof NEXT;
  /** Null when its next step may be made now. */
  readonly wait: Wait | null;
  readonly record: RotationRecord | null;
  readonly overlapMs: number;
}

/**
 * How far a rotation has come: by the files, which are the secrets, and only then by what was written down. So neither a
 * database that was lost nor a step that was cut off before it was noted leaves anything in between.
 */
function phaseOf(
  name: RotatedName,
  { next, previous }: Secrets,
  record: RotationRecord | null,
): Rotation['phase'] | 'over' {
  const [field] = ROTATED[name];
  if (next[field] !== undefined) return 'prepared';
  if (previous[field] !== undefined) return record?.phase === 'overlap' ? 'overlap' : 'switched';
  return record?.phase === 'asked' || record?.phase === 'prepared' ? 'asked' : 'over';
}

/** The rotations under way, in the order of the stack's. */
export function rotationsNow(
  observed: Pick<Observed, 'secrets' | 'engine' | 'filesOnDisk'>,
  desired: Desired,
  history: Pick<History, 'rotations' | 'stillness'>,
  now: Instant,
): readonly Rotation[] {
  const secrets = observed.secrets.ok ? observed.secrets.value : null;
  if (secrets === null) return [];
  return [...desired.rotations].flatMap(([name, rules]) => {
    const record = history.rotations.get(name) ?? null;
    const phase = phaseOf(name, secrets, record);
    if (phase === 'over') return [];
    const overlapMs = record?.overlapMs ?? rules.overlapMs;
    const waits: Readonly<Record<Rotation['phase'], () => Wait | null>> = {
      asked: () => null,
      // Whatever can accept the new one beforehand does.
      prepared: () => untilWritten(observed, desired) ?? untilQuiet(rules.cutsCalls.switch, history),
      switched: () => untilWritten(observed, desired) ?? untilTakenUp(observed, desired),
      overlap: () => untilElapsed(overlapMs, record, now) ?? untilQuiet(rules.cutsCalls.withdraw, history),
    };
    return [{ name, phase, wait: waits[phase](), record, overlapMs }];
  });
}

/** The steps that may be made now, and milliseconds until another may be; 0 when none waits for a time. */
export function planRotations(
  observed: Observed,
  desired: Desired,
  history: History,
  now: Instant,
): { readonly steps: readonly RotationStep[]; readonly dueInMs: number } {
  const rotations = rotationsNow(observed, desired, history, now);
  const waits = rotations.map(({ wait }) => wait?.ms ?? 0).filter((ms) => ms > 0);
  return {
    steps: rotations.filter(({ wait }) => wait === null).map((rotation) => nextStep(rotation, now)),
    dueInMs: waits.length === 0 ? 0 : Math.min(...waits),
  };
}

function nextStep({ name, phase, record, overlapMs }: Rotation, now: Instant): RotationStep {
  const common = { kind: 'rotate-secret', secret: name, overlapMs } as const;
  const isOfThisBoot = record !== null && elapsedMs(record.since, now) !== null;
  if (phase === 'overlap' && !isOfThisBoot) {
    return { ...common, to: 'overlap', why: 'the machine started anew: how long it was off cannot be known' };
  }
  return { ...common, to: NEXT[phase], why: WHY[phase] };
}

const WHY: Readonly<Record<Rotation['phase'], string>> = {
  asked: 'asked for by an operator (agentctl)',
  prepared: 'all who can accept the new one beside the old one do',
  switched: 'all who use it use the new one',
  overlap: 'nothing that was made with the old one is good any more',
};

function untilWritten(observed: Pick<Observed, 'filesOnDisk'>, desired: Desired): Wait | null {
  const isWritten = desired.files.length > 0 && filesToWrite(observed, desired).length === 0;
  return isWritten ? null : { for: 'services', ms: 0 };
}

function untilTakenUp({ engine }: Pick<Observed, 'engine'>, { generations }: Desired): Wait | null {
  // What the configuration does not name has nothing to take up.
  const isTakenUp =
    engine.ok &&
    engine.value.containers.every(
      ({ service, generation }) => !generations.has(service) || generations.get(service) === generation,
    );
  return isTakenUp ? null : { for: 'services', ms: 0 };
}

function untilQuiet(cutsCalls: boolean, { stillness }: Pick<History, 'stillness'>): Wait | null {
  const ms = cutsCalls ? quietInMs(stillness) : 0;
  return ms === 0 ? null : { for: 'quiet', ms };
}

/** An overlap that began in another boot begins anew: see `nextStep`. */
function untilElapsed(overlapMs: number, record: RotationRecord | null, now: Instant): Wait | null {
  const elapsed = record && elapsedMs(record.since, now);
  const ms = elapsed === null ? 0 : Math.max(0, overlapMs - elapsed);
  return ms === 0 ? null : { for: 'overlap', ms };
}
