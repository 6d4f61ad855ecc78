import { parseDuration } from '../system/durations.ts';
import { AgentError } from '../system/errors.ts';

/** The milliseconds of an option such as `2h`; null when it is not given. Error: USAGE, also for no time at all. */
export function durationOption(text: string | undefined): number | null {
  if (text === undefined) return null;
  const milliseconds = parseDuration(text);
  if (milliseconds) return milliseconds;
  throw new AgentError({
    code: 'USAGE',
    message: `'${text}' is not a duration`,
    hint: 'Write for example 30m, 2h or 1d.',
  });
}
