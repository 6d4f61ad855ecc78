import { AgentError, isErrno } from '../system/errors.ts';

/** Error: NEEDS_ROOT, with the reason. */
export function requireRoot(why: string): void {
  if (process.getuid?.() === 0) return;
  throw new AgentError({ code: 'NEEDS_ROOT', message: why, hint: 'Run it again with sudo.' });
}

/** Reads what may be root's alone. Error: NEEDS_ROOT, naming the path. */
export async function asRoot<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isErrno(error, 'EACCES')) throw error;
    throw new AgentError({
      code: 'NEEDS_ROOT',
      message: `${path} is not readable for this user`,
      hint: 'Run it again with sudo.',
      cause: error,
    });
  }
}
