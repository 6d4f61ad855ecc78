import { Readable } from 'node:stream';
import * as z from 'zod';
import { AgentError } from '../system/errors.ts';
import { type HttpAnswer, readText } from '../system/http.ts';
import { readAnswer, requireSuccess } from './answers.ts';
import { engineFailure } from './failure.ts';
import { payloads } from './logs.ts';
import { ask, type EngineRequest, MAX_ANSWER_BYTES, open } from './request.ts';
import type { ExecOptions, ExecOutcome } from './types.ts';

/** So much of what a command writes is kept, and so long it may take until its end shows once its outputs are closed. */
const KEPT_BYTES = 4096;
const END_SHOWS_MS = 1_000;
const END_EVERY_MS = 50;

const created = z.object({ Id: z.string() });
const inspected = z.object({ Running: z.boolean(), ExitCode: z.number().int().nullish() });

/**
 * Runs a command in a container that runs, as the user of the container, and waits for its end, at most `timeoutMs`
 * (Docker Engine API, "Exec"). Errors: ENGINE_UNREACHABLE, ENGINE_TIMEOUT, ENGINE_ERROR.
 */
export async function execIn(
  socket: string,
  { containerId, command, timeoutMs }: ExecOptions,
): Promise<ExecOutcome> {
  const make = post(`/containers/${containerId}/exec`, {
    AttachStdout: true,
    AttachStderr: true,
    Cmd: command,
  });
  const { Id: execId } = readAnswer(await ask(socket, make, timeoutMs), created, `POST ${make.path}`);
  const start = post(`/exec/${execId}/start`, { Detach: false, Tty: false });
  const { output, isLate } = await outputOf(socket, start, timeoutMs);
  if (isLate) return { execId, exitCode: null, output };
  const deadline = performance.now() + END_SHOWS_MS;
  for (;;) {
    const exitCode = await exitCodeOf(socket, execId, timeoutMs);
    if (exitCode !== null || performance.now() > deadline) return { execId, exitCode, output };
    await new Promise((resolve) => setTimeout(resolve, END_EVERY_MS));
  }
}

/** Null while it runs; 0 also when the engine does not know it any more, as of a container that was started anew. */
export async function exitCodeOf(socket: string, execId: string, timeoutMs: number): Promise<number | null> {
  const path = `/exec/${execId}/json`;
  const answer = await ask(socket, { method: 'GET', path }, timeoutMs);
  if (answer.status === 404) return 0;
  const { Running, ExitCode } = readAnswer(answer, inspected, `GET ${path}`);
  return Running ? null : (ExitCode ?? 0);
}

function post(path: string, content: object): EngineRequest {
  const text = Buffer.from(JSON.stringify(content));
  const body = { stream: Readable.from([text]), type: 'application/json', length: text.length };
  return { method: 'POST', path, body };
}

async function outputOf(
  socket: string,
  request: EngineRequest,
  timeoutMs: number,
): Promise<{ readonly output: string; readonly isLate: boolean }> {
  const what = `POST ${request.path}`;
  let answer: HttpAnswer | null = null;
  let kept = Buffer.alloc(0);
  try {
    answer = await open(socket, request, AbortSignal.timeout(timeoutMs));
    if (answer.status !== 200) {
      requireSuccess({ status: answer.status, text: await readText(answer, MAX_ANSWER_BYTES) }, what);
    }
    for await (const payload of payloads(answer.body))
      kept = Buffer.concat([kept, payload]).subarray(-KEPT_BYTES);
    return { output: kept.toString(), isLate: false };
  } catch (error) {
    const failure = engineFailure(error, { what, socket, timeoutMs });
    if (answer?.status === 200 && failure instanceof AgentError && failure.code === 'ENGINE_TIMEOUT') {
      return { output: kept.toString(), isLate: true };
    }
    throw failure;
  } finally {
    answer?.close();
  }
}
