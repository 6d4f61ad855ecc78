import { isTimeout, withDeadline } from '../system/deadline.ts';
import { openHttp, readText } from '../system/http.ts';
import type { Verdict } from './types.ts';
import { failed, millisecondsSince, noAnswer, refusal } from './verdicts.ts';

export interface HttpTarget {
  readonly url: string;
  readonly timeoutMs: number;
  readonly expected: {
    readonly status: number;
    /** The whole body, without white space at its ends; absent when any will do. */
    readonly body?: string;
  };
}

/** More than any health page needs; a longer answer is not read to its end. */
const BODY_LIMIT_BYTES = 64 * 1024;

/** GETs a URL over a fresh connection and compares status and body. Always resolves, within `timeoutMs`. */
export async function probeHttp({ url, timeoutMs, expected }: HttpTarget): Promise<Verdict> {
  const begun = performance.now();
  try {
    const { status, body } = await withDeadline(timeoutMs, async (signal) => {
      const answer = await openHttp({ url, method: 'GET', signal });
      const text = await readText(answer, BODY_LIMIT_BYTES).finally(answer.close);
      return { status: answer.status, body: text.trim() };
    });
    const seen = `${status} ${excerpt(body)}`.trim();
    if (status !== expected.status) {
      return failed('http', `${seen}, expected ${expected.status}`);
    }
    if (expected.body !== undefined && body !== expected.body) {
      return failed('http', `${seen}, expected ${expected.status} ${expected.body}`);
    }
    return { ok: true, kind: 'http', latencyMs: millisecondsSince(begun), detail: seen };
  } catch (error) {
    return isTimeout(error) ? noAnswer('http', timeoutMs) : failed('http', refusal(error));
  }
}

/** The beginning of a body on one line: enough to recognise what answered. */
function excerpt(body: string): string {
  const line = body.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
