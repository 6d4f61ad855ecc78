import type { Management } from '../config/firewall.ts';
import type { Clock } from '../system/clock.ts';
import { AgentError } from '../system/errors.ts';
import type { Memory } from './memory.ts';
import { NO_PERIMETER, type PerimeterRecord } from './perimeter.ts';

/** What may be written down about perimeters. The rules follow it in the next round. */
export interface PerimeterChanges {
  /** Error: PERIMETER_NOT_RECORDED; nothing is changed then. */
  begin(management: Management, lastsMs: number): void;
  /** The same error. */
  confirm(management: Management): void;
  /** Does nothing while nothing is on trial. */
  rollBack(why: string): void;
  /** The one that was rolled back may be tried again; false when there is none. */
  allowAgain(): boolean;
  forget(): void;
}

export function createPerimeterChanges(memory: Memory, clock: Clock): PerimeterChanges {
  const record = () => memory.history().perimeter;

  /** A trial that only this process knows of would begin again with the next one, and never end. */
  function writeDown(next: PerimeterRecord, what: string): void {
    const before = record();
    if (memory.perimeter(next)) return;
    memory.perimeter(before);
    throw new AgentError({
      code: 'PERIMETER_NOT_RECORDED',
      message: `The perimeter was not ${what}: the database cannot be written, and that must outlive the agent`,
      hint: 'See what is wrong with the database: `agentctl doctor`',
    });
  }

  return {
    begin(management, lastsMs) {
      const trial = { management, lastsMs, since: clock.now() };
      writeDown({ ...record(), trial, rolledBack: null }, 'put on trial');
    },
    confirm: (management) => writeDown({ confirmed: management, trial: null, rolledBack: null }, 'confirmed'),
    rollBack(why) {
      const { confirmed, trial } = record();
      if (trial === null) return;
      const rolledBack = { management: trial.management, at: clock.now(), why };
      memory.perimeter({ confirmed, trial: null, rolledBack });
    },
    allowAgain() {
      const { rolledBack, ...rest } = record();
      if (rolledBack !== null) memory.perimeter({ ...rest, rolledBack: null });
      return rolledBack !== null;
    },
    forget: () => void memory.perimeter(NO_PERIMETER),
  };
}
