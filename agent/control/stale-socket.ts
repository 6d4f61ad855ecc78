import { once } from 'node:events';
import { lstat, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { AgentError, isErrno } from '../system/errors.ts';

const TIMEOUT_MS = 2_000;

/**
 * Removes the socket file of a program that is gone. Does nothing when there is none. Errors:
 * CONTROL_SOCKET_IN_USE when somebody accepts on it, or it is not a socket at all.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const kind = await kindOf(path);
  if (kind === 'absent') return;
  if (kind === 'other') throw inUse(`${path} is not a socket`, 'Look at that file, and move it away.');
  if (await isAnswered(path)) {
    throw inUse(`Another agent answers on ${path}`, 'One agent runs already: `agentctl status`');
  }
  await rm(path, { force: true });
}

async function kindOf(path: string): Promise<'absent' | 'socket' | 'other'> {
  try {
    return (await lstat(path)).isSocket() ? 'socket' : 'other';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'absent';
    throw error;
  }
}

/** True unless the kernel says that nobody listens: a listener that is busy or stuck still owns its socket. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return true;
  } catch (error) {
    return !isErrno(error, 'ECONNREFUSED') && !isErrno(error, 'ENOENT');
  } finally {
    socket.destroy();
  }
}

const inUse = (message: string, hint: string) =>
  new AgentError({ code: 'CONTROL_SOCKET_IN_USE', message, hint });
