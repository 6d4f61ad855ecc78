import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process in the background whose output is kept. */
export interface Spawned {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** What it printed so far on stdout and stderr, in the order of arrival; the last 1 MiB. */
  output(): string;
  /** Resolves with the match when the output contains the pattern; rejects at the time limit or when the process ends. */
  waitForOutput(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray>;
  /** Sends SIGTERM (or `signal`), and SIGKILL when it still lives after `graceMs` (default 10 s). */
  stop(options?: { readonly signal?: NodeJS.Signals; readonly graceMs?: number }): Promise<Exit>;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A file that receives the whole output as well. */
  readonly logFile?: string;
}

const KEPT_CHARACTERS = 1024 * 1024;

/** Starts a process in the background; rejects when it cannot be started. */
export async function spawnCaptured(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Spawned> {
  const child = spawn(command, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let output = '';
  let ended: Exit | null = null;
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_CHARACTERS);
    if (options.logFile !== undefined) appendFileSync(options.logFile, chunk);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', resolve);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} has no process id`);
  return {
    pid,
    exited,
    output: () => output,
    async waitForOutput(pattern, timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const match = output.match(pattern);
        if (match !== null) return match;
        const late = performance.now() > deadline;
        if (late || ended !== null) {
          const why = late ? `within ${timeoutMs} ms` : 'before it ended';
          throw new Error(`${command} did not print ${pattern} ${why}; its output:\n${output.slice(-4000)}`);
        }
        await sleep(20);
      }
    },
    async stop({ signal = 'SIGTERM', graceMs = 10_000 } = {}) {
      if (ended === null) child.kill(signal);
      const limit = new AbortController();
      const first = await Promise.race([exited, sleep(graceMs, null, { signal: limit.signal })]);
      limit.abort();
      if (first !== null) return first;
      child.kill('SIGKILL');
      return exited;
    },
  };
}
