import { type Checked, describeValue, invalid, valid } from './checked.ts';

/** One LiveKit on one UDP port serves no more on any machine (its own benchmarks: docs/element-call.md). */
const MOST = 1000;

/** How many people may be in calls at the same time. */
export function checkParticipants(value: unknown): Checked<number> {
  return typeof value === 'number' && Number.isInteger(value) && value >= 2 && value <= MOST
    ? valid(value)
    : invalid(
        `${describeValue(value)} is not a number of participants`,
        `use a whole number from 2 to ${MOST}`,
      );
}
