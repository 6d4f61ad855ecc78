import { once } from 'node:events';
import { chmod, mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { AgentError, describeError } from '../system/errors.ts';
import { createHttpServer } from '../system/http.ts';
import { type ControlApi, ROUTES } from './api.ts';
import { removeStaleSocket } from './stale-socket.ts';

const MAX_BODY_BYTES = 4 * 1024;
/** A caller that sends a part of a request must not keep the connection. */
const REQUEST_TIMEOUT_MS = 5_000;

const service = z.string().check(z.regex(/^[a-z0-9][a-z0-9_-]{0,62}$/));
const serviceRequest = z.strictObject({ service });
const LONGEST_HOLD_MS = 366 * 24 * 3_600_000;
const holdRequest = z.strictObject({
  service,
  forMs: z.nullable(z.int().check(z.positive(), z.maximum(LONGEST_HOLD_MS))),
  reason: z.optional(z.string().check(z.maxLength(200))),
});
const provisionRequest = z.strictObject({ from: z.string().check(z.regex(/^[a-z-]{1,62}$/)) });
const LONGEST_OVERLAP_MS = 30 * 24 * 3_600_000;
const rotateRequest = z.strictObject({
  secret: z.string().check(z.regex(/^[a-z-]{1,62}$/)),
  overlapMs: z.nullable(z.int().check(z.positive(), z.maximum(LONGEST_OVERLAP_MS))),
});
const backupNote = z.strictObject({
  file: z.string().check(z.maxLength(1_000)),
  bytes: z.int().check(z.nonnegative()),
  stoppedForMs: z.int().check(z.nonnegative()),
});
const confirmRequest = z.strictObject({ unproven: z.boolean() });

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * Serves `api` on a unix socket (mode 0660, owned by the agent's user and group). A socket file that a dead agent
 * left behind is replaced. Errors: CONTROL_SOCKET_IN_USE when another agent answers on it, CONTROL_SOCKET_FAILED.
 */
export async function startControlServer(path: string, api: ControlApi): Promise<ControlServer> {
  await mkdir(dirname(path), { recursive: true });
  await removeStaleSocket(path);
  const server = createHttpServer((request, response) => {
    answer(api, request).then(
      (content) => send(response, 200, content),
      (error: unknown) => sendError(response, error),
    );
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = 16;
  try {
    server.listen(path);
    await once(server, 'listening');
    await chmod(path, 0o660);
  } catch (error) {
    server.close();
    throw new AgentError({
      code: 'CONTROL_SOCKET_FAILED',
      message: `The control socket ${path} cannot be opened`,
      hint: 'Check that its folder exists and that the agent runs as root.',
      cause: error,
    });
  }
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(api: ControlApi, request: IncomingMessage): Promise<unknown> {
  const isCalled = (name: keyof ControlApi) =>
    request.method === ROUTES[name].method && request.url === ROUTES[name].path;
  if (isCalled('resume')) return api.resume();
  if (isCalled('status')) return api.status();
  if (isCalled('firewall')) return api.firewall();
  if (isCalled('ping')) return api.ping();
  if (isCalled('rollBackPerimeter')) return api.rollBackPerimeter();
  if (isCalled('tryPerimeter')) return api.tryPerimeter();
  if (isCalled('confirmPerimeter')) {
    return api.confirmPerimeter(await readRequest(request, confirmRequest, CONFIRM));
  }
  if (isCalled('rotateSecret')) return api.rotateSecret(await readRequest(request, rotateRequest, ROTATE));
  if (isCalled('provisionAgain')) {
    return api.provisionAgain(await readRequest(request, provisionRequest, PROVISION));
  }
  if (isCalled('backupMade')) return api.backupMade(await readRequest(request, backupNote, BACKUP));
  if (isCalled('hold')) return api.hold(await readRequest(request, holdRequest, HOLD));
  for (const name of ['release', 'heal'] as const) {
    if (isCalled(name)) return api[name](await readRequest(request, serviceRequest, SERVICE));
  }
  throw new AgentError({
    code: 'UNKNOWN_REQUEST',
    message: `The agent does not know ${request.method} ${request.url}`,
    hint: 'agentctl and the agent may be of different releases: compare them with `agentctl version`.',
  });
}

const SERVICE = 'Send the name of a service: {"service": "livekit"}.';
const HOLD = 'Send {"service": "livekit", "forMs": null}, or milliseconds up to a year.';
const PROVISION = 'Send the name of a step: {"from": "images"}.';
const ROTATE = 'Send {"secret": "turn", "overlapMs": null}, or milliseconds up to 30 days.';
const BACKUP = 'Send {"file": "/mnt/backup.age", "bytes": 1, "stoppedForMs": 0}.';
const CONFIRM = 'Send {"unproven": false}.';

/** The body of a request; `example` is what a caller is told to send when it is something else. */
async function readRequest<T>(
  request: IncomingMessage,
  schema: z.ZodMiniType<T>,
  example: string,
): Promise<T> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw badRequest(`a request has at most ${MAX_BODY_BYTES} bytes`, example);
  }
  let content: unknown;
  try {
    content = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw badRequest(describeError(error), example);
  }
  const checked = schema.safeParse(content);
  if (!checked.success) throw badRequest('it is not what is expected here', example);
  return checked.data;
}

const badRequest = (why: string, example: string) =>
  new AgentError({ code: 'BAD_REQUEST', message: `The request is not valid: ${why}`, hint: example });

function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof AgentError) {
    const { code, hint } = error;
    send(response, 400, { code, message: describeError(error), hint });
    return;
  }
  const hint = 'This is a fault of the agent. Its log tells more: `sudo journalctl -u appliance-agent -n 50`';
  send(response, 500, { code: 'INTERNAL', message: describeError(error), hint });
}

/** Ends the connection with the answer: a body that was refused half-way would else be read as a next request. */
function send(response: ServerResponse, statusCode: number, content: unknown): void {
  response.writeHead(statusCode, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify(content)}\n`);
}
