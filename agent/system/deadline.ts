/**
 * What `work` resolves to. Its signal aborts after `timeoutMs` milliseconds, with a TimeoutError as that of
 * `AbortSignal.timeout` does, but never once the work is done: to abort what nobody waits for costs as much as a request.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new DOMException(`not done within ${timeoutMs} ms`, 'TimeoutError')),
    timeoutMs,
  );
  try {
    return await work(deadline.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether this is how a deadline ends what it was set for. */
export const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';
