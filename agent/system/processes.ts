import { execa } from 'execa';
import { AgentError } from './errors.ts';

export interface RunOptions {
  /** The process is killed after this many milliseconds. */
  readonly timeoutMs: number;
  /** Bytes of stdout and of stderr that are kept; a process that prints more is killed. Default 16 MiB. */
  readonly maxBytes?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin: where a secret goes, which arguments would show to everybody. Default: nothing. */
  readonly input?: string;
}

export interface RunResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** Runs a program to its end. Resolves for any exit code; rejects when it cannot start, times out or floods. */
export type Run = (command: string, args: readonly string[], options: RunOptions) => Promise<RunResult>;

/** So long a kill may take, milliseconds. */
const KILLED_MS = 100;

/** The real `Run`, through execa; stdin is closed unless there is input, the output is bounded, the time is bounded. */
export const run: Run = async (command, args, options) => {
  const child = execa(command, [...args], {
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    reject: false,
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: options.maxBytes ?? 16 * 1024 * 1024,
    stripFinalNewline: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
  });
  // A child of the child may hold the pipes when the child itself was killed: they are closed on this side.
  const limit = setTimeout(() => {
    child.stdout.destroy();
    child.stderr.destroy();
  }, options.timeoutMs + KILLED_MS);
  const result = await child;
  clearTimeout(limit);
  if (result.timedOut) {
    throw new AgentError({
      code: 'PROCESS_TIMEOUT',
      message: `${command} did not finish within ${options.timeoutMs} ms`,
      hint: 'The machine may be overloaded, or what the program talks to is hung.',
    });
  }
  if (result.isMaxBuffer) {
    throw new AgentError({
      code: 'PROCESS_OUTPUT_TOO_LARGE',
      message: `${command} printed more than is kept`,
      hint: 'Run it by hand to see its output.',
    });
  }
  if (result.exitCode === undefined && result.signal === undefined) {
    throw new AgentError({
      code: 'PROCESS_NOT_STARTED',
      message: `${command} could not be started`,
      hint: `Check that ${command} is installed and on PATH.`,
      cause: result.cause,
    });
  }
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
    durationMs: Math.round(result.durationMs),
  };
};

/** Runs a program and throws unless it exits 0; the error carries the program's own last words. */
export async function runOk(
  run: Run,
  command: string,
  args: readonly string[],
  options: RunOptions & { readonly code: string; readonly hint: string },
): Promise<RunResult> {
  const result = await run(command, args, options);
  if (result.exitCode === 0) return result;
  const words = (result.stderr.trim() || result.stdout.trim()).slice(-2000);
  throw new AgentError({
    code: options.code,
    message: `${command} ${args[0] ?? ''} exited ${result.exitCode ?? 'by a signal'}: ${words}`,
    hint: options.hint,
  });
}
