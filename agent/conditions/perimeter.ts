import type { PerimeterStatus } from '../control/status.ts';
import { bad, good, judge } from './findings.ts';
import type { Condition, Finding } from './types.ts';

const SHOWN = 5;
const CHECK = 'Perimeter';
const NO_PERIMETER = 'publish: nothing is closed but what is the stack’s';
const TRY = '`sudo agentctl firewall try`';

const onTrial: Condition = {
  code: 'PERIMETER_ON_TRIAL',
  severity: 'info',
  title: 'A perimeter is on trial',
  check: CHECK,
  meaning:
    '`firewall.mode: enforce` closes everything on this machine but the stack, management and what networks need. It ' +
    'holds for a time only, until somebody who has tried to come in confirms it. The kernel ends the trial by itself, ' +
    'also when the agent is dead: then the perimeter that was confirmed before is in force again, or none.',
  remedy:
    'Open a new connection to this machine; what runs already proves nothing. If it works: `sudo agentctl firewall ' +
    'confirm`. If not, wait, or `sudo agentctl firewall rollback`.',
  dependsOn: [],
  evaluate: evaluated(({ inForce, trialEndsAt, ...perimeter }) =>
    inForce !== 'trial'
      ? null
      : bad(
          `until ${trialEndsAt}, then it is gone unless it is confirmed; open stays ${perimeter.management}; ${effect(perimeter)}`,
          'Open a new SSH connection to this machine. If it works: `sudo agentctl firewall confirm`. If not, wait.',
        ),
  ),
};

const rolledBack: Condition = {
  code: 'PERIMETER_ROLLED_BACK',
  severity: 'degraded',
  title: 'The perimeter was rolled back',
  check: CHECK,
  meaning:
    '`firewall.mode: enforce` was on trial and was not confirmed. What was in force before it is again: the perimeter ' +
    'that was confirmed earlier, or none. The same perimeter is not tried again by itself.',
  remedy: `Change \`firewall.management\`, which puts the new one on trial, or try the same again: ${TRY}`,
  dependsOn: [],
  evaluate: evaluated(({ inForce, rolledBack, management }) =>
    rolledBack === null
      ? null
      : bad(
          `${rolledBack.why} (at ${rolledBack.at}); it left open ${management}; now ` +
            (inForce === 'confirmed' ? 'the one that was confirmed before is in force' : 'nothing is closed'),
          `If you could not get in, change \`firewall.management\`; else try it again: ${TRY}. To do without: \`firewall.mode: publish\``,
        ),
  ),
};

const observed: Condition = {
  code: 'PERIMETER_OBSERVED',
  severity: 'info',
  title: 'A perimeter is asked about, and not in force',
  check: CHECK,
  meaning:
    '`firewall.mode: observe` writes no rule. It tells what `enforce` would close, and whether who is logged in by SSH ' +
    'could come in again.',
  remedy:
    '`agentctl firewall show` lists it all. To close it: `firewall.mode: enforce`, and confirm; else `publish`.',
  dependsOn: [],
  evaluate: evaluated((perimeter) =>
    perimeter.mode !== 'observe'
      ? null
      : bad(
          `enforce would leave open ${perimeter.management}; ${effect(perimeter)}`,
          'All of it: `agentctl firewall show`. Then set `firewall.mode` to enforce or publish.',
        ),
  ),
};

const notInForce: Condition = {
  code: 'PERIMETER_NOT_IN_FORCE',
  severity: 'degraded',
  title: 'The perimeter that is asked for is not in force',
  check: CHECK,
  meaning:
    '`firewall.mode` is enforce, and nothing is closed. A trial must be written to the database before it begins, and the ' +
    'rules must then be applied. Where the database was lost, the confirmation was lost with it, and a new trial begins.',
  remedy:
    'See what failed: `agentctl events --since 1h`, and whether the database is well: `agentctl doctor`',
  dependsOn: [],
  evaluate: evaluated(({ mode, inForce, rolledBack }) =>
    mode === 'enforce' && inForce === 'nothing' && rolledBack === null
      ? bad(
          'firewall.mode is enforce, and the rules have no perimeter',
          'See what failed: `agentctl events --since 1h`, and whether the database is well: `agentctl doctor`',
        )
      : null,
  ),
};

/** What can be said of the perimeter, whose conditions exclude each other. */
export const PERIMETER_CONDITIONS: readonly Condition[] = [onTrial, rolledBack, notInForce, observed];

function evaluated(find: (perimeter: PerimeterStatus) => Finding | null): Condition['evaluate'] {
  return ({ perimeter }) =>
    judge(perimeter, (value) => {
      if (value === null) return good(NO_PERIMETER);
      return find(value) ?? good(`${value.mode}, in force: ${value.inForce}; open is ${value.management}`);
    });
}

/** What it means for what is there now. */
function effect({ closes, sessions }: Pick<PerimeterStatus, 'closes' | 'sessions'>): string {
  if (closes === null || sessions === null) return 'what it closes is not known';
  const shown = closes.slice(0, SHOWN).map(({ port, program }) => `${port} of ${program}`);
  const rest = closes.length > SHOWN ? [`and ${closes.length - SHOWN} more`] : [];
  const locked = sessions.filter(({ mayComeAgain }) => !mayComeAgain);
  return [
    closes.length === 0 ? 'nothing waits that it closes' : `it closes ${[...shown, ...rest].join(', ')}`,
    ...locked.map(
      ({ from, port }) => `who is logged in from ${from} by port ${port} COULD NOT COME IN AGAIN`,
    ),
  ].join('; ');
}
