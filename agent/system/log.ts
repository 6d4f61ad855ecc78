import pino, { type Logger } from 'pino';

/** syslog(3) priorities of pino's levels, as journald reads them from `<N>` at the start of a line. */
const PRIORITIES: Readonly<Record<number, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };

export type Log = Logger;

/**
 * JSON lines to standard output. Whatever is secret is taken out here, whoever logs it: `secretValues` is asked for
 * each line. Under systemd each line carries its journald priority.
 */
export function createLog(options: {
  readonly secretValues: () => readonly string[];
  readonly underSystemd: boolean;
}): Log {
  const stream = {
    write(line: string): void {
      const clean = withoutValues(line, options.secretValues());
      const prefix = options.underSystemd ? `<${priorityOf(line)}>` : '';
      process.stdout.write(prefix + clean);
    },
  };
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** The text with each of these values taken out. */
export const withoutValues = (text: string, values: readonly string[]): string =>
  values.reduce((clean, value) => clean.replaceAll(value, '[redacted]'), text);

function priorityOf(line: string): number {
  const level = Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? 30);
  return PRIORITIES[level] ?? 6;
}
