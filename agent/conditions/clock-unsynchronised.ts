import { bad, cannotTell, good, judge } from './findings.ts';
import type { Condition } from './types.ts';

/** The first release is of this year: a clock before it was never set since the battery failed. */
const EARLIEST = Date.parse('2026-01-01T00:00:00Z');
const SET = "`sudo timedatectl set-time 'YYYY-MM-DD HH:MM:SS'`";
const NEXT =
  'See what keeps the time: `timedatectl status`. Switch it on with: `sudo timedatectl set-ntp true`';

export const clockUnsynchronised: Condition = {
  code: 'CLOCK_UNSYNCHRONISED',
  severity: 'info',
  title: 'The clock is not synchronised',
  check: 'Clock',
  meaning:
    'The agent decides by a clock that counts from boot and is not affected. But TURN credentials and tokens carry a ' +
    'time: when the clock is minutes wrong, clients are refused. A clock before 2026 is certainly wrong, and critical.',
  remedy: `${NEXT}. Without a network time server: ${SET}`,
  dependsOn: [],
  evaluate: (facts) =>
    judge(facts.clock, ({ wall, synchronized, detail }) => {
      // Written so that a date that cannot be parsed is bad too.
      if (!(Date.parse(wall) >= EARLIEST)) {
        return bad(`the clock says ${wall}, before this agent was made`, `Set it: ${SET}`, 'critical');
      }
      if (synchronized === null) return cannotTell(detail);
      return synchronized ? good(detail) : bad(detail, NEXT);
    }),
};
