import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Paints a word; leaves it as it is where colours are not wanted. */
export type Paint = (format: Format, text: string) => string;

/** Where a command writes to, and how it may look. */
export interface Terminal {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Characters to a line that a screen should keep to. */
  readonly columns: number;
  readonly isTty: boolean;
  readonly paint: Paint;
}

/** What a pure rendering needs to know of it. */
export type Screen = Pick<Terminal, 'columns' | 'paint'>;

export const plain: Paint = (_format, text) => text;
export const coloured: Paint = (format, text) => styleText(format, text, { validateStream: false });

/** Wider lines are hard to read, and what is piped has no width. */
const MAX_COLUMNS = 100;
const MIN_COLUMNS = 60;

/** The terminal of this process. Colours only on a TTY, and not when NO_COLOR is set (no-color.org). */
export function processTerminal(
  stdout: NodeJS.WriteStream = process.stdout,
  env: NodeJS.ProcessEnv = process.env,
): Terminal {
  const isTty = stdout.isTTY === true;
  const wantsColours = isTty && !env.NO_COLOR && env.TERM !== 'dumb';
  return {
    write: (text) => {
      stdout.write(text);
    },
    writeError: (text) => {
      process.stderr.write(text);
    },
    columns: Math.max(MIN_COLUMNS, Math.min(stdout.columns ?? MAX_COLUMNS, MAX_COLUMNS)),
    isTty,
    paint: wantsColours ? coloured : plain,
  };
}
