import * as z from 'zod';
import { AgentError } from '../system/errors.ts';
import type { EngineAnswer } from './request.ts';

const errorSchema = z.object({ message: z.string() });

/** The body of an answer, checked; ENGINE_ERROR when the engine refused or answered something else. */
export function readAnswer<T>(answer: EngineAnswer, schema: z.ZodType<T>, what: string): T {
  requireSuccess(answer, what);
  return parseChecked(answer.text, schema, what);
}

/** Throws ENGINE_ERROR, with the engine's own words, unless the status is 2xx or 304 (already so). */
export function requireSuccess(answer: EngineAnswer, what: string): void {
  if ((answer.status >= 200 && answer.status < 300) || answer.status === 304) return;
  throw new AgentError({
    code: 'ENGINE_ERROR',
    message: `the engine refused ${what} (${answer.status}): ${wordsOf(answer.text)}`,
    hint: 'The words after the colon are the engine’s own; its log says more: `sudo journalctl -u docker -n 50`',
  });
}

/** JSON text from the engine, checked against a schema; ENGINE_ERROR names what does not fit. */
export function parseChecked<T>(
  text: string,
  schema: z.ZodType<T>,
  what: string,
  reviver?: SourceReviver,
): T {
  const checked = schema.safeParse(parseJson(text, what, reviver));
  if (checked.success) return checked.data;
  throw new AgentError({
    code: 'ENGINE_ERROR',
    message: `the engine's answer to ${what} is not what its API promises: ${z.prettifyError(checked.error)}`,
    hint: 'This agent may not know this version of the engine: see `docker version`.',
  });
}

/** Sees each value with the text that was sent for it. Of a long answer that takes several times as long. */
export type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

function parseJson(text: string, what: string, reviver?: SourceReviver): unknown {
  try {
    // The third argument of a reviver is of ES2026; TypeScript's library does not know it yet.
    return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
  } catch (error) {
    throw new AgentError({
      code: 'ENGINE_ERROR',
      message: `the engine's answer to ${what} is not JSON: ${text.slice(0, 200)}`,
      hint: 'Is it a Docker Engine that listens on this socket?',
      cause: error,
    });
  }
}

function wordsOf(text: string): string {
  try {
    const checked = errorSchema.safeParse(JSON.parse(text));
    if (checked.success) return checked.data.message;
  } catch {
    // Not JSON: proxies and old engines answer with plain text, shown as it is.
  }
  return text.trim().slice(0, 500) || '(no text)';
}
