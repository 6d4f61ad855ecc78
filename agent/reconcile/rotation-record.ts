import * as z from 'zod';
import { isRotated, type RotatedName } from '../stack/rotations.ts';
import type { Store } from '../store/types.ts';
import type { Instant } from '../system/clock.ts';
import { jsonOrNull } from '../system/json.ts';

const REMEMBERED_AS = 'rotations';

/** How far a rotation has come; never a value of a secret. */
export interface RotationRecord {
  readonly phase: 'asked' | 'prepared' | 'switched' | 'overlap';
  /** When this phase began. */
  readonly since: Instant;
  readonly overlapMs: number;
}

/** Takes a rotation to its next phase. */
export interface RotationStep {
  readonly kind: 'rotate-secret';
  readonly why: string;
  readonly secret: RotatedName;
  readonly to: Exclude<RotationRecord['phase'], 'asked'> | 'over';
  readonly overlapMs: number;
}

export type RotationRecords = ReadonlyMap<RotatedName, RotationRecord>;

/** The rotations under way, kept in the store. */
export interface RotationMemory {
  all(): RotationRecords;
  note(name: RotatedName, record: RotationRecord): void;
  forget(name: RotatedName): void;
}

const schema = z.record(
  z.string(),
  z.object({
    phase: z.enum(['asked', 'prepared', 'switched', 'overlap']),
    since: z.object({ bootId: z.string(), monotonicMs: z.number(), wall: z.string() }),
    overlapMs: z.number(),
  }),
);

export function createRotationMemory(store: Store): RotationMemory {
  const parsed = schema.safeParse(jsonOrNull(store.get(REMEMBERED_AS)));
  const records = new Map<RotatedName, RotationRecord>();
  for (const [name, record] of Object.entries(parsed.success ? parsed.data : {})) {
    if (isRotated(name)) records.set(name, record);
  }
  const write = () => store.set(REMEMBERED_AS, JSON.stringify(Object.fromEntries(records)));
  return {
    all: () => records,
    note(name, record) {
      records.set(name, record);
      write();
    },
    forget(name) {
      if (records.delete(name)) write();
    },
  };
}
