import type { Readable } from 'node:stream';
import { Client, type Dispatcher } from 'undici';
import { AgentError } from '../system/errors.ts';
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

/** An answer whose body is still to come; `close` gives its connection back in any case. */
export interface OpenAnswer {
  readonly status: number;
  readonly body: Dispatcher.ResponseData['body'];
  close(): Promise<void>;
}

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** One request and its whole answer, for any HTTP status. Errors: ENGINE_UNREACHABLE, ENGINE_TIMEOUT, ENGINE_ERROR. */
export async function ask(socket: string, request: EngineRequest, timeoutMs: number): Promise<EngineAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const what = `${request.method} ${request.path}`;
  try {
    const answer = await open(socket, request, signal);
    try {
      return { status: answer.status, text: await readText(answer, what) };
    } finally {
      await answer.close();
    }
  } catch (error) {
    throw engineFailure(error, { what, socket, timeoutMs });
  }
}

/**
 * Sends a request on a connection of its own. Connections are never used again: while dockerd shuts down it closes
 * its listener first and still answers on old connections, with containers that it stops itself; that would look
 * like an operator's `docker stop`. On a new connection a dockerd that shuts down is unreachable, which is the truth.
 */
export async function open(socket: string, request: EngineRequest, signal: AbortSignal): Promise<OpenAnswer> {
  // The signal is the one limit; undici's own would cut a quiet event stream.
  const client = new Client('http://engine', {
    socketPath: socket,
    connectTimeout: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const { statusCode, body } = await client.request({
      method: request.method,
      path: withQuery(request.path, request.query),
      headers: {
        accept: 'application/json',
        ...(request.body && {
          'content-type': request.body.type,
          'content-length': String(request.body.length),
        }),
      },
      body: request.body?.stream ?? null,
      reset: true,
      signal,
    });
    return { status: statusCode, body, close: () => client.destroy() };
  } catch (error) {
    await client.destroy();
    throw error;
  }
}

function withQuery(path: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

async function readText(answer: OpenAnswer, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new AgentError({
        code: 'ENGINE_ERROR',
        message: `the engine's answer to ${what} is larger than ${MAX_ANSWER_BYTES} bytes`,
        hint: 'Is it a Docker Engine that listens on this socket?',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
