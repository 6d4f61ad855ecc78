import { AgentError } from '../../system/errors.ts';

/** The result of `work`, or an error after `timeoutMs` milliseconds. The work itself is not stopped. */
export async function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new AgentError({
        code: 'TIMEOUT',
        message: `${what} did not finish within ${timeoutMs} ms`,
        hint: 'The machine may be overloaded, or a device does not answer.',
      }),
    );
  }, timeoutMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
