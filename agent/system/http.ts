import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { AgentError } from './errors.ts';

/** Not imported: that reads every export, and one of them loads Node's whole `fetch`, 10 MiB of it. */
const { request, createServer } = process.getBuiltinModule('node:http');
export const createHttpServer = createServer;

export interface HttpRequest {
  /** With a socket the host is a name for people only. */
  readonly url: string;
  /** Path of the unix socket that the connection is made to, if it is one. */
  readonly socketPath?: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  /** Ends the whole exchange, its body included: there is no other time limit. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** The bytes as they come. Rejects with the reason of the signal, or with the error of the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection. To be called in any case. */
  close(): void;
}

/** Sends a request on a connection of its own, and resolves when the head of the answer has come. */
export function openHttp({ url, body, signal, ...options }: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, agent: false, signal });
    const fail = (error: unknown) => reject(signal.aborted ? signal.reason : error);
    // Once there is an answer, reading it tells what went wrong: a promise settles once.
    sent.on('error', fail);
    sent.on('response', (message) => {
      resolve({
        status: message.statusCode ?? 0,
        body: bodyOf(message, signal),
        close: () => sent.destroy(),
      });
    });
    if (body === undefined || typeof body === 'string') sent.end(body);
    else body.on('error', (error) => sent.destroy(error)).pipe(sent);
  });
}

/** The whole body as text. Error: HTTP_ANSWER_TOO_LARGE. */
export async function readText({ body }: HttpAnswer, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new AgentError({
        code: 'HTTP_ANSWER_TOO_LARGE',
        message: `an answer of more than ${maxBytes} bytes in size`,
        hint: 'It is not the program that was expected which answers there.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* bodyOf(message: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* message;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
