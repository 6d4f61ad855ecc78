/** A time in which a service did not answer: from the first request without an answer to the next one with one. */
export interface Outage {
  /** Milliseconds after the first request. */
  readonly fromMs: number;
  readonly ms: number;
  readonly lost: number;
}

/** One request: when it was sent (milliseconds, any origin) and whether its answer came. */
export interface Request {
  readonly sentMs: number;
  readonly answered: boolean;
}

/** The outages that a steady series of requests saw, in order. One that is still going on lasts to the last request. */
export function outages(requests: readonly Request[]): Outage[] {
  const found: Outage[] = [];
  const origin = requests[0]?.sentMs ?? 0;
  let lost: Request[] = [];
  const close = (endMs: number) => {
    const [first] = lost;
    if (first !== undefined) {
      found.push({
        fromMs: round(first.sentMs - origin),
        ms: round(endMs - first.sentMs),
        lost: lost.length,
      });
    }
    lost = [];
  };
  for (const request of requests) {
    if (request.answered) close(request.sentMs);
    else lost.push(request);
  }
  close(requests.at(-1)?.sentMs ?? 0);
  return found;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
