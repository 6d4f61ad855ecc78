import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { NFT_PROGRAM } from '../nftables/index.ts';
import { coalesce } from '../system/coalesce.ts';
import { describeError } from '../system/errors.ts';
import { readLines } from '../system/lines.ts';
import { concernsUs } from './rule-events.ts';

/** One transaction is many lines; and a program that fights for the rules gets two looks a second, not more. */
const PACE = { settleMs: 50, apartMs: 500 };
/** nft reads the whole ruleset before it listens. */
const LISTENS_AFTER_MS = 300;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
/** One that held this long counts as a success: the next end begins again with the first delay. */
const STEADY_MS = 10_000;
/** A rule with a set of ten thousand elements is one line. */
const MAX_LINE = 4 * 1024 * 1024;
const KEPT_WORDS = 500;

export interface RuleMonitorOptions {
  /** Program and arguments. Default: the real nft. */
  readonly command?: readonly string[];
  /** Called when rules that concern us may have changed: by others or by ourselves. */
  readonly onChange: () => void;
  /** Called at each change of other rules. */
  readonly onOtherChange: () => void;
  /** Called when the monitor ended unasked; it is started again. */
  readonly onEnded: (reason: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Follows `nft -j monitor` (nft(8)), which tells of each change to the rules of this network namespace, until the
 * signal aborts. It only ever wakes: what the rules are is listed and compared by whoever is woken. Also each start
 * is reported, because nobody listened before it. Resolves when the child has ended; does not reject.
 */
export async function followRules(options: RuleMonitorOptions): Promise<void> {
  const { signal } = options;
  const changes = coalesce(options.onChange, PACE);
  let delayMs = FIRST_DELAY_MS;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const reason = await listen(options, changes.ask);
    if (signal.aborted) break;
    options.onEnded(reason);
    if (performance.now() - startedAt >= STEADY_MS) delayMs = FIRST_DELAY_MS;
    await pause(delayMs, signal);
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
  }
  changes.stop();
}

/** Runs the monitor to its end, and says why it ended. */
async function listen(
  { command = [NFT_PROGRAM, '-j', 'monitor'], onOtherChange, signal }: RuleMonitorOptions,
  onChange: () => void,
): Promise<string> {
  const [program = NFT_PROGRAM, ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = endOf(child);
  const end = () => child.kill('SIGKILL');
  const listening = setTimeout(onChange, LISTENS_AFTER_MS);
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const line of readLines(child.stdout, MAX_LINE)) {
      if (concernsUs(line)) onChange();
      else onOtherChange();
    }
  } catch (error) {
    return describeError(error);
  } finally {
    clearTimeout(listening);
    // One that says no more is of no use, whether or not it has ended.
    end();
    await ended;
    signal.removeEventListener('abort', end);
  }
  return ended;
}

/** Resolves, when the child has ended or could not be started, to why. */
async function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-KEPT_WORDS);
  });
  try {
    const [code, signal] = await once(child, 'close');
    return `nft monitor ended (${signal ?? `exit ${code}`}) ${words.trim()}`.trimEnd();
  } catch (error) {
    return `nft monitor did not start: ${describeError(error)}`;
  }
}

/** Waits; an abort ends the wait, and the caller sees it. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
