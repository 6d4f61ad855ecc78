import { type HttpAnswer, readText } from '../system/http.ts';
import { readLines } from '../system/lines.ts';
import { requireSuccess } from './answers.ts';
import { engineFailure } from './failure.ts';
import { MAX_ANSWER_BYTES, open } from './request.ts';

/** The engine itself cuts a longer line into pieces of 16 KiB. */
const MAX_LINE = 1024 * 1024;

export interface LogOptions {
  /** How many of the newest lines to begin with. */
  readonly lines: number;
  /** None from before this moment, seconds since the epoch. */
  readonly since?: number;
  /** Whether to go on with what comes, until the signal aborts. */
  readonly follow: boolean;
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Without `follow` the whole reading is bounded to this, milliseconds. */
  readonly limitMs: number;
}

/**
 * What a container wrote to both its outputs, line by line (`GET /containers/{id}/logs`).
 * Errors: ENGINE_UNREACHABLE, ENGINE_TIMEOUT, ENGINE_ERROR.
 */
export async function* containerLogs(
  socket: string,
  containerId: string,
  { lines, since, follow, signal, limitMs }: LogOptions,
): AsyncGenerator<string, void, void> {
  const path = `/containers/${containerId}/logs`;
  const what = `GET ${path}`;
  let answer: HttpAnswer | null = null;
  try {
    const query = {
      stdout: '1',
      stderr: '1',
      tail: String(lines),
      follow: follow ? '1' : '0',
      ...(since === undefined ? {} : { since: since.toFixed(3) }),
    };
    const limit = follow ? [] : [AbortSignal.timeout(limitMs)];
    answer = await open(socket, { method: 'GET', path, query }, AbortSignal.any([signal, ...limit]));
    if (answer.status !== 200) {
      requireSuccess({ status: answer.status, text: await readText(answer, MAX_ANSWER_BYTES) }, what);
      return;
    }
    yield* readLines(payloads(answer.body), MAX_LINE);
  } catch (error) {
    if (follow && signal.aborted) return;
    throw engineFailure(error, { what, socket, timeoutMs: limitMs });
  } finally {
    answer?.close();
  }
}

const HEADER = 8;

/**
 * The content of a multiplexed stream: frames of eight bytes, the last four of them the length, big endian, and so many
 * bytes of one output (Docker Engine API, "Attach to a container").
 */
export async function* payloads(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  let header = Buffer.alloc(0);
  let left = 0;
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk);
    while (rest.length > 0) {
      if (left === 0) {
        const missing = HEADER - header.length;
        header = Buffer.concat([header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (header.length < HEADER) break;
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
      } else {
        const payload = rest.subarray(0, left);
        rest = rest.subarray(payload.length);
        left -= payload.length;
        yield payload;
      }
    }
  }
}
