import { bad, good, judge } from './findings.ts';
import type { Condition, Facts } from './types.ts';

export type DatabaseState = Extract<Facts['database'], { known: true }>['value']['state'];

/** A state of the database that needs a person, and what there is to say about it. */
export interface DatabaseFault {
  readonly state: DatabaseState;
  readonly condition: Condition;
}

/** What all of them come down to. */
const CALLS = 'Calls are not affected.';

/** A database is in one state at a time, so each state that needs a person is a condition of its own. */
export const DATABASE_FAULTS: readonly DatabaseFault[] = [
  inState('damaged', {
    code: 'DATABASE_DAMAGED',
    title: 'The database is damaged',
    meaning: `The record of events, holds and provisioning cannot be read, as after a power cut on a failing disk. When the agent starts it sets the file aside and goes on with its newest good copy. ${CALLS}`,
    remedy:
      'Let the agent replace it: `sudo systemctl restart appliance-agent`. Look for a failing disk: `sudo dmesg --level=err,warn`',
  }),
  inState('recovered', {
    code: 'DATABASE_RECOVERED',
    title: 'The database was damaged and has been replaced',
    meaning: `The agent found its database damaged or lost, set the damaged file aside, and went on with its newest good copy or an empty one. A part of the history may be missing, and holds made since that copy. ${CALLS}`,
    remedy:
      'Look for a failing disk: `sudo dmesg --level=err,warn`. This notice ends when the agent starts again: `sudo systemctl restart appliance-agent`',
  }),
  inState('newer', {
    code: 'DATABASE_NEWER',
    title: 'The database belongs to a newer agent',
    meaning: `A newer release of the agent wrote the database, and this one does not understand it. It leaves the file untouched and remembers in memory only: what it records, and holds, are lost when it stops. ${CALLS}`,
    remedy:
      'Install the newer release again. To go on with this one and a new database: stop the agent, move /var/lib/appliance-agent/state.db away, start the agent.',
  }),
  inState('unmigrated', {
    code: 'DATABASE_UNMIGRATED',
    title: 'The database does not fit this release',
    meaning: `A step that brings the database to the form of this release failed, or is not the one that was applied before. The agent leaves the file untouched and remembers in memory only, until it stops. ${CALLS}`,
    remedy: 'Install an unmodified release: run install.sh again. If it stays, report it with the evidence.',
  }),
  inState('unwritable', {
    code: 'DATABASE_UNWRITABLE',
    title: 'The database cannot be written',
    meaning: `The disk is full, read-only or failing, or another process holds the database. The agent remembers in memory, and writes it down when that is possible again. ${CALLS}`,
    remedy:
      'See how full the disk is: `df -h /var/lib/appliance-agent`. Look for a failing disk: `sudo dmesg --level=err,warn`',
  }),
];

function inState(
  state: DatabaseState,
  about: Pick<Condition, 'code' | 'title' | 'meaning' | 'remedy'>,
): DatabaseFault {
  const condition: Condition = {
    ...about,
    severity: 'degraded',
    check: 'Database',
    dependsOn: [],
    evaluate: (facts) =>
      judge(facts.database, (database) =>
        database.state === state
          ? bad(database.detail || about.title, database.hint || about.remedy)
          : good('in order'),
      ),
  };
  return { state, condition };
}
