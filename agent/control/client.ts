import * as z from 'zod/mini';
import { AgentError, describeError, isErrno } from '../system/errors.ts';
import { openHttp, readText } from '../system/http.ts';
import { type ControlApi, ROUTES } from './api.ts';
import { firewallSchema, statusSchema } from './status-schema.ts';

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const done = z.looseObject({ message: z.string() });
const pong = z.looseObject({ agentVersion: z.string() });
const failure = z.looseObject({ code: z.string(), message: z.string(), hint: z.string() });

/**
 * The running agent, through its socket. Each call is bounded to 30 s. Errors: those of the agent itself, and
 * AGENT_NOT_RUNNING, NEEDS_ROOT, AGENT_TIMEOUT, AGENT_ERROR.
 */
export function createControlClient(socket: string): ControlApi {
  const ask = async <T>(name: keyof ControlApi, answer: z.ZodMiniType<T>, body?: object): Promise<T> => {
    const { statusCode, content } = await exchange(socket, ROUTES[name], body);
    if (statusCode !== 200) {
      const reported = failure.safeParse(content);
      throw reported.success ? new AgentError(reported.data) : notUnderstood(`HTTP status ${statusCode}`);
    }
    const checked = answer.safeParse(content);
    if (!checked.success) throw notUnderstood('its answer is not what it should be');
    return checked.data;
  };
  return {
    hold: (request) => ask('hold', done, request),
    release: (request) => ask('release', done, request),
    heal: (request) => ask('heal', done, request),
    provisionAgain: (request) => ask('provisionAgain', done, request),
    resume: () => ask('resume', done),
    status: () => ask('status', statusSchema),
    firewall: () => ask('firewall', firewallSchema),
    confirmPerimeter: (request) => ask('confirmPerimeter', done, request),
    rollBackPerimeter: () => ask('rollBackPerimeter', done),
    tryPerimeter: () => ask('tryPerimeter', done),
    rotateSecret: (request) => ask('rotateSecret', done, request),
    backupMade: (note) => ask('backupMade', done, note),
    ping: () => ask('ping', pong),
  };
}

async function exchange(
  socket: string,
  { method, path }: { readonly method: 'GET' | 'POST'; readonly path: string },
  body: object | undefined,
): Promise<{ statusCode: number; content: unknown }> {
  try {
    const answer = await openHttp({
      url: `http://agent${path}`,
      socketPath: socket,
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    try {
      return { statusCode: answer.status, content: JSON.parse(await readText(answer, MAX_ANSWER_BYTES)) };
    } finally {
      answer.close();
    }
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown): AgentError {
  if (isErrno(error, 'ENOENT') || isErrno(error, 'ECONNREFUSED')) {
    return new AgentError({
      code: 'AGENT_NOT_RUNNING',
      message: 'The agent is not running',
      hint: 'Start it with: `sudo systemctl start appliance-agent` (without systemd: run install.sh again)',
    });
  }
  if (isErrno(error, 'EACCES') || isErrno(error, 'EPERM')) {
    return new AgentError({
      code: 'NEEDS_ROOT',
      message: 'This needs root',
      hint: 'Run it again with sudo.',
    });
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new AgentError({
      code: 'AGENT_TIMEOUT',
      message: `The agent did not answer within ${TIMEOUT_MS / 1000} s`,
      hint: 'It may hang: see `agentctl status`, then `sudo systemctl restart appliance-agent`',
    });
  }
  return notUnderstood(describeError(error));
}

const notUnderstood = (why: string) =>
  new AgentError({
    code: 'AGENT_ERROR',
    message: `The agent's answer could not be read: ${why}`,
    hint: 'agentctl and the agent may be of different releases: compare them with `agentctl version`.',
  });
