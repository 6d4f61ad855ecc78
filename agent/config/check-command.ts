import { type Checked, checkEach, describeValue, invalid, valid } from './checked.ts';

const EXAMPLE = 'write a list of words, the program first, e.g. [/usr/bin/redis-cli, ping]';

/** A command as a list of words: no shell takes them apart. */
export function checkCommand(value: unknown): Checked<readonly string[]> {
  if (!Array.isArray(value)) return invalid(`${describeValue(value)} is not a command`, EXAMPLE);
  if (value.length === 0 || value.length > 32) return invalid(`it has ${value.length} words`, EXAMPLE);
  return checkEach(value, (word) =>
    typeof word === 'string' && word !== '' && !word.includes('\0')
      ? valid(word)
      : invalid(`${describeValue(word)} is not a word of a command`, EXAMPLE),
  );
}
