import { parseDuration } from '../system/durations.ts';
import { type Checked, describeValue, invalid, valid } from './checked.ts';

/** A duration between two others, as milliseconds. */
export function checkDuration(from: string, to: string) {
  const [least, most] = [from, to].map((text) => parseDuration(text) ?? Number.NaN) as [number, number];
  return (value: unknown): Checked<number> => {
    const expected = `write ${from} to ${to}, with s, min, h or d`;
    const milliseconds = typeof value === 'string' ? parseDuration(value) : null;
    if (milliseconds === null) return invalid(`${describeValue(value)} is not a duration`, expected);
    return milliseconds >= least && milliseconds <= most
      ? valid(milliseconds)
      : invalid(`${describeValue(value)} is out of range`, expected);
  };
}
