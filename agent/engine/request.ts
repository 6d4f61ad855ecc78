import type { Readable } from 'node:stream';
import { withDeadline } from '../system/deadline.ts';
import { type HttpAnswer, openHttp, readText } from '../system/http.ts';
import { engineFailure } from './failure.ts';

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /**
   * Without a version prefix: the engine then speaks its newest API. No one prefix fits all (20.10 goes up to 1.41,
   * 29 begins at 1.44), a negotiated one is stale once the engine is upgraded under a running agent, and the few
   * fields that are read here have been the same throughout.
   */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: { readonly stream: Readable; readonly type: string; readonly length: number };
}

export interface EngineAnswer {
  readonly status: number;
  readonly text: string;
}

export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** One request and its whole answer, for any HTTP status. Errors: ENGINE_UNREACHABLE, ENGINE_TIMEOUT, ENGINE_ERROR. */
export async function ask(socket: string, request: EngineRequest, timeoutMs: number): Promise<EngineAnswer> {
  const what = `${request.method} ${request.path}`;
  try {
    return await withDeadline(timeoutMs, async (signal) => {
      const answer = await open(socket, request, signal);
      const text = await readText(answer, MAX_ANSWER_BYTES).finally(answer.close);
      return { status: answer.status, text };
    });
  } catch (error) {
    throw engineFailure(error, { what, socket, timeoutMs });
  }
}

/**
 * Sends a request on a connection of its own. Connections are never used again: while dockerd shuts down it closes
 * its listener first and still answers on old connections, with containers that it stops itself; that would look
 * like an operator's `docker stop`. On a new connection a dockerd that shuts down is unreachable, which is the truth.
 */
export function open(socket: string, request: EngineRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { method, body } = request;
  return openHttp({
    url: `http://engine${withQuery(request.path, request.query)}`,
    socketPath: socket,
    method,
    headers: {
      accept: 'application/json',
      ...(body && { 'content-type': body.type, 'content-length': String(body.length) }),
    },
    ...(body && { body: body.stream }),
    signal,
  });
}

function withQuery(path: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
