import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError, describeError } from '../system/errors.ts';
import { type HttpAnswer, readText } from '../system/http.ts';
import { readLines } from '../system/lines.ts';
import { requireSuccess } from './answers.ts';
import { EVENT_FILTERS, eventKey, parseEvent, toEvent, toSince } from './events.ts';
import { engineFailure, engineTimeout } from './failure.ts';
import { MAX_ANSWER_BYTES, open } from './request.ts';
import type { EventAnswer } from './schemas.ts';
import type { FollowOptions } from './types.ts';

const WHAT = 'GET /events';
const MAX_LINE = 1024 * 1024;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** A stream that held this long counts as a success: the next break begins again with the first delay. */
const STEADY_MS = 1000;
/** Keys of this many newest events are kept to tell a repeated one; the engine itself keeps 256 events. */
const REMEMBERED = 512;

/** `Engine.follow`. `connectMs` bounds the time until the engine begins to answer. */
export async function follow(socket: string, connectMs: number, options: FollowOptions): Promise<void> {
  const { signal } = options;
  const seen = new Set<string>();
  let since = options.since;
  let delayMs = FIRST_DELAY_MS;
  let told: 'connected' | 'disconnected' | null = null;

  const deliver = (answer: EventAnswer) => {
    const key = eventKey(answer);
    if (seen.has(key) || (seen.size === 0 && answer.timeNano === options.since)) return;
    remember(seen, key);
    // The newest received, not the highest: after the clock was set back it must follow.
    since = answer.timeNano;
    const event = toEvent(answer, options.project);
    if (event !== null) options.onEvent(event);
  };

  while (!signal.aborted) {
    const startedAt = performance.now();
    // A first stream without `since` would miss what happens between its first byte and its subscription.
    since ??= `${Date.now()}000000`;
    const reason = await readStream(socket, connectMs, since, signal, deliver, () => {
      told = 'connected';
      options.onConnected();
    });
    if (signal.aborted) return;
    if (told !== 'disconnected') {
      told = 'disconnected';
      options.onDisconnected(reason);
    }
    if (performance.now() - startedAt >= STEADY_MS) delayMs = FIRST_DELAY_MS;
    await pause(delayMs, signal);
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
  }
}

/** Reads one stream until it breaks, and says why it did. What a callback throws is passed on. */
async function readStream(
  socket: string,
  connectMs: number,
  since: string,
  signal: AbortSignal,
  onAnswer: (answer: EventAnswer) => void,
  onConnected: () => void,
): Promise<string> {
  const failed = (error: unknown) =>
    describeError(engineFailure(error, { what: WHAT, socket, timeoutMs: connectMs }));
  let answer: HttpAnswer;
  try {
    answer = await connect(socket, connectMs, since, signal);
  } catch (error) {
    return failed(error);
  }
  try {
    onConnected();
    const lines = readLines(answer.body, MAX_LINE);
    for (;;) {
      let event: EventAnswer;
      try {
        const line = await lines.next();
        if (line.done) return 'the engine closed its event stream';
        event = parseEvent(line.value, WHAT);
      } catch (error) {
        return failed(error);
      }
      onAnswer(event);
    }
  } finally {
    answer.close();
  }
}

async function connect(
  socket: string,
  connectMs: number,
  since: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  // Only the beginning is bounded: a stream on which nothing happens is a healthy one.
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(engineTimeout({ what: WHAT, socket, timeoutMs: connectMs })),
    connectMs,
  );
  try {
    const query = { filters: EVENT_FILTERS, since: toSince(since) };
    const answer = await open(
      socket,
      { method: 'GET', path: '/events', query },
      AbortSignal.any([signal, limit.signal]),
    );
    if (answer.status !== 200) {
      const text = await readText(answer, MAX_ANSWER_BYTES).finally(answer.close);
      requireSuccess({ status: answer.status, text }, WHAT);
      throw new AgentError({
        code: 'ENGINE_ERROR',
        message: `the engine answered ${WHAT} with status ${answer.status}`,
        hint: 'Is it a Docker Engine that listens on this socket?',
      });
    }
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

function remember(seen: Set<string>, key: string): void {
  seen.add(key);
  const [oldest] = seen;
  if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
}

/** Waits; an abort ends the wait, and the loop sees it. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
