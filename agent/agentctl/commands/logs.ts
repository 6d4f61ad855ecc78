import { createEngine } from '../../engine/engine.ts';
import { containerLogs } from '../../engine/logs.ts';
import { PROJECT } from '../../stack/types.ts';
import { AgentError } from '../../system/errors.ts';
import { agentLog } from '../agent-log.ts';
import { requireRoot } from '../as-root.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { createRedactor, readSecretValues } from '../redact.ts';
import { logLine } from '../render/log-line.ts';

/** The agent's own log goes by this name. */
const AGENT = 'agent';
const DEFAULT_LINES = 100;
const MOST_LINES = 10_000;
/** Without --follow an engine that hangs must not hang this. */
const LIMIT_MS = 30_000;

/** Shows what a service, or the agent itself, has written. Known secrets are blackened. */
export async function logs(
  context: Context,
  name: string,
  options: { lines?: string; follow?: true },
): Promise<number> {
  const { paths, terminal } = context;
  const lines = countOf(options.lines);
  const follow = options.follow === true;
  requireRoot('Logs may hold what is not for everybody');
  const redact = createRedactor(await readSecretValues(paths.secrets));
  // With --follow it ends with the terminal's ^C.
  const signal = follow ? new AbortController().signal : AbortSignal.timeout(LIMIT_MS);
  const how = { lines, follow, signal, limitMs: LIMIT_MS };
  const source =
    name === AGENT
      ? agentLog({ file: paths.agentLog, ...how })
      : containerLogs(paths.engineSocket, await containerOf(paths.engineSocket, name), how);
  for await (const line of source) terminal.write(`${logLine(redact(line).text)}\n`);
  return EXIT.ok;
}

async function containerOf(socket: string, service: string): Promise<string> {
  const containers = await createEngine({ socket }).containers(PROJECT);
  const found = containers.find((container) => container.service === service);
  if (found !== undefined) return found.id;
  const names = [AGENT, ...new Set(containers.map((container) => container.service))];
  throw new AgentError({
    code: 'MISSING',
    message: `There is no container of a service ${service}`,
    hint: `There are logs of: ${names.join(', ')}.`,
  });
}

function countOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LINES;
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST_LINES) return count;
  throw new AgentError({
    code: 'USAGE',
    message: `${text} is not a number of lines`,
    hint: `Give one from 1 to ${MOST_LINES}.`,
  });
}
