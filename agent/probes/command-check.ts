import type { ExecOutcome } from '../engine/types.ts';
import { type Clock, elapsedMs, type Instant } from '../system/clock.ts';
import { describeError } from '../system/errors.ts';
import type { Verdict } from './types.ts';
import { failed, millisecondsSince } from './verdicts.ts';

/** A command of the operator's that runs in a service's container: with exit status 0 the service is well. */
export interface CommandCheck {
  readonly service: string;
  readonly containerId: string;
  /** See `Lives`. */
  readonly life: string;
  readonly command: readonly string[];
  /** For the command to end. */
  readonly timeoutMs: number;
}

export interface CommandCheckPorts {
  readonly clock: Clock;
  readonly exec: (check: CommandCheck) => Promise<ExecOutcome>;
  /** Null while the command runs. */
  readonly exitCodeOf: (execId: string) => Promise<number | null>;
  /** What is secret is taken out of what a command wrote. */
  readonly redact: (text: string) => string;
}

export interface CommandChecker {
  /** Runs the command where it is due, and else repeats what it said last; null while nothing is known. Never rejects. */
  ask(check: CommandCheck, due: boolean): Promise<Verdict | null>;
}

/** To start a process in a container costs more than to ask over the network: not more often than this. */
const AT_MOST_EVERY_MS = 5_000;
/** The command is not there, or cannot be run (exit status 126 and 127 of a shell, and of the engine). */
const NOT_RUN: readonly number[] = [126, 127];
const LONGEST = 160;

interface Last {
  readonly life: string;
  readonly at: Instant;
  readonly verdict: Verdict | null;
  /** What has not ended in time. */
  readonly running: string | null;
}

/**
 * Keeps what each service's command said last. One that is late cannot be ended from outside, so that no other is begun
 * while it runs: a check that hangs must not fill its container with processes.
 */
export function createCommandChecker({ clock, exec, exitCodeOf, redact }: CommandCheckPorts): CommandChecker {
  const lasts = new Map<string, Last>();

  async function run(check: CommandCheck, last: Last | undefined): Promise<Omit<Last, 'life' | 'at'>> {
    try {
      const running = last?.running ?? null;
      if (running !== null && (await exitCodeOf(running)) === null) {
        return { verdict: failed('exec', 'the check from before still runs'), running };
      }
      const begun = performance.now();
      const { execId, exitCode, output } = await exec(check);
      if (exitCode === null) {
        const detail = `the check has not ended within ${check.timeoutMs} ms, and goes on`;
        return { verdict: failed('exec', detail), running: execId };
      }
      const said = lastLine(redact(output));
      return { verdict: judge(exitCode, said, millisecondsSince(begun)), running: null };
    } catch (error) {
      // Whatever keeps the engine from running it is not the service's fault.
      return { verdict: notRun(describeError(error)), running: last?.running ?? null };
    }
  }

  return {
    async ask(check, due) {
      const { service, life } = check;
      const known = lasts.get(service);
      const last = known?.life === life ? known : undefined;
      const age = last === undefined ? null : elapsedMs(last.at, clock.now());
      if (!due || (age !== null && age < AT_MOST_EVERY_MS)) return last?.verdict ?? null;
      const now = { life, at: clock.now(), ...(await run(check, last)) };
      lasts.set(service, now);
      return now.verdict;
    },
  };
}

function judge(exitCode: number, said: string, latencyMs: number): Verdict {
  if (NOT_RUN.includes(exitCode)) return notRun(`exit status ${exitCode}: ${said}`);
  if (exitCode === 0) return { ok: true, kind: 'exec', latencyMs, detail: `the check says: ${said}` };
  return failed('exec', `the check ended with status ${exitCode}: ${said}`);
}

/** It says nothing about the service, which counts as well: a mistake in a command must not restart it for ever. */
const notRun = (why: string): Verdict => ({
  ok: true,
  kind: 'exec',
  latencyMs: null,
  detail: `the check could not be run (${why})`,
});

/** The last line that has something in it, as one that may be shown. */
function lastLine(output: string): string {
  const lines = output.split('\n').map((line) => line.replace(/\p{Cc}/gu, ' ').trim());
  return (lines.findLast((line) => line !== '') ?? 'nothing').slice(0, LONGEST);
}
