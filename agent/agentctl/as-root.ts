import { AgentError, isErrno } from '../system/errors.ts';

/** Error: NEEDS_ROOT, with the reason. */
export function requireRoot(why: string): void {
  if (process.getuid?.() === 0) return;
  throw new AgentError({ code: 'NEEDS_ROOT', message: why, hint: 'Run it again with sudo.' });
}

/** Reads what may be root's alone. Errors, naming the path: NEEDS_ROOT, and USAGE for a folder in the place of a file. */
export async function asRoot<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isErrno(error, 'EISDIR')) {
      const [message, hint] = [`${path} is a folder`, 'Give the file that is meant.'];
      throw new AgentError({ code: 'USAGE', message, hint });
    }
    if (!isErrno(error, 'EACCES')) throw error;
    throw new AgentError({
      code: 'NEEDS_ROOT',
      message: `${path} is not readable for this user`,
      hint: 'Run it again with sudo.',
    });
  }
}
