import { type Checked, describeValue, invalid, valid } from './checked.ts';

/** A whole number between two others. */
export function checkCount(least: number, most: number) {
  return (value: unknown): Checked<number> =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? valid(Number(value))
      : invalid(
          `${describeValue(value)} is not a number of times`,
          `write a whole number, ${least} to ${most}`,
        );
}
