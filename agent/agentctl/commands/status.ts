import { setTimeout as delay } from 'node:timers/promises';
import type { StatusReading } from '../../control/status-file.ts';
import { readAgent } from '../agent-process.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { renderStatus } from '../render/status.ts';

const WATCH_EVERY_MS = 1_000;
/** Cursor to the top left; then each line clears what is left of the old one, and the last one all below it. */
const HOME = '\x1b[H';
const CLEAR_LINE_END = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

export async function status(context: Context, options: { json?: true; watch?: true }): Promise<number> {
  const show = options.json ? showJson : showScreen;
  if (!options.watch) return show(context);
  if (context.terminal.isTty && !options.json) context.terminal.write('\x1b[2J');
  // Ends with the terminal's ^C.
  for (;;) {
    await show(context, true);
    await delay(WATCH_EVERY_MS);
  }
}

async function showScreen(context: Context, again = false): Promise<number> {
  const { terminal } = context;
  const { reading, agentRuns } = await readAgent(context);
  const screen = renderStatus(reading, agentRuns, terminal);
  if (!again) terminal.write(screen);
  else if (!terminal.isTty) terminal.write(`${screen}\n`);
  else terminal.write(HOME + screen.replaceAll('\n', `${CLEAR_LINE_END}\n`) + CLEAR_BELOW);
  return exitOf(reading);
}

/** The content of status.json with its age; with --watch one line each time, for a program to read. */
async function showJson(context: Context, again = false): Promise<number> {
  const { terminal } = context;
  const { reading } = await readAgent(context);
  const { ageMs, stale, reason } = reading;
  const content = { ...(reading.status ?? { overall: 'unknown' }), ageMs, stale, reason };
  terminal.write(`${JSON.stringify(content, null, again ? undefined : 2)}\n`);
  return exitOf(reading);
}

const exitOf = (reading: StatusReading) =>
  reading.status === null || reading.stale ? EXIT.unknown : EXIT[reading.status.overall];
