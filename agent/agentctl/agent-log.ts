import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { AgentError } from '../system/errors.ts';
import { readLines } from '../system/lines.ts';

const MAX_LINE = 1024 * 1024;

export interface AgentLogOptions {
  /** Where the agent logs to when it runs in the background. */
  readonly file: string;
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/**
 * The agent's own log, line by line: from the journal where systemd runs (sd_booted(3)), else from its file.
 * Errors: MISSING, LOG_UNREADABLE.
 */
export async function* agentLog({ file, lines, follow, signal }: AgentLogOptions): AsyncGenerator<string> {
  const count = `--lines=${lines}`;
  const journal = ['journalctl', '--unit=appliance-agent.service', '--output=cat', '--no-pager', count];
  const underSystemd = existsSync('/run/systemd/system');
  if (!underSystemd && !existsSync(file)) {
    throw new AgentError({
      code: 'MISSING',
      message: `There is no ${file}: the agent has not logged anything here`,
      hint: 'See whether it was installed and runs: `agentctl status`',
    });
  }
  const [program = '', ...args] = underSystemd
    ? [...journal, ...(follow ? ['--follow'] : [])]
    : ['tail', count, ...(follow ? ['--follow=name'] : []), file];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGTERM' });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-500);
  });
  const ended = once(child, 'close');
  // Awaited below; an abort must not be an unhandled rejection before that.
  ended.catch(() => undefined);
  try {
    yield* readLines(child.stdout, MAX_LINE);
    const [code] = await ended;
    if (code !== 0 && !signal.aborted) throw unreadable(program, `${words.trim() || `exit ${code}`}`);
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof AgentError ? error : unreadable(program, String(error));
  } finally {
    child.kill();
  }
}

const unreadable = (program: string, why: string) =>
  new AgentError({
    code: 'LOG_UNREADABLE',
    message: `${program} cannot read the agent's log: ${why}`,
    hint: 'Run it again with sudo.',
  });
