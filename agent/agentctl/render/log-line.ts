import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod/mini';
import { jsonOrNull } from '../../system/json.ts';
import { formatTime } from './times.ts';

/** A line of the agent's own log (pino): the rest of its fields are what it is about. */
const ownLine = z.looseObject({ level: z.number(), time: z.string(), msg: z.string() });
const LEVELS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: '',
  40: 'WARNING',
  50: 'ERROR',
  60: 'FATAL',
};

/** A log line for a person. What somebody else wrote must not steer the terminal. */
export function logLine(line: string): string {
  const own = ownLine.safeParse(jsonOrNull(line));
  if (!own.success) return printable(line);
  const { level, time, msg, ...fields } = own.data;
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${asText(value)}`);
  return printable(
    [formatTime(time), LEVELS[level] ?? '', msg, ...rest].filter((part) => part !== '').join('  '),
  );
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

const printable = (text: string) => stripVTControlCharacters(text).replace(/[^\P{C}\t]/gu, '\u{fffd}');
