import { isTimeout } from '../system/deadline.ts';
import { AgentError, describeError } from '../system/errors.ts';

export interface FailureContext {
  /** The call, e.g. `GET /version`. */
  readonly what: string;
  readonly socket: string;
  readonly timeoutMs: number;
}

/** Nobody listens, or who listened hung up, in the middle of its answer perhaps (the last, of Node's parser). */
const GONE = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTSOCK', 'HPE_INVALID_EOF_STATE'];

/** What went wrong with a call to the engine, as one of ENGINE_UNREACHABLE, ENGINE_TIMEOUT, ENGINE_ERROR. */
export function engineFailure(error: unknown, context: FailureContext): AgentError {
  if (error instanceof AgentError) return error;
  const { what, socket } = context;
  const code = codeOf(error);
  // EAGAIN: so many calls wait on the listener of a hung engine that the kernel takes no more (unix(7)).
  if (code === 'EAGAIN' || isTimeout(error)) {
    return engineTimeout(context);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new AgentError({
      code: 'ENGINE_UNREACHABLE',
      message: `no permission to use the engine's socket ${socket}`,
      hint: 'Run it again with sudo.',
      cause: error,
    });
  }
  if (code !== null && GONE.includes(code)) {
    return new AgentError({
      code: 'ENGINE_UNREACHABLE',
      message: `no Docker Engine answers on ${socket}`,
      hint: 'See why it does not run: `systemctl status docker`, `sudo journalctl -u docker -n 50` (without systemd: the log of dockerd)',
      cause: error,
    });
  }
  return new AgentError({
    code: 'ENGINE_ERROR',
    message: `${what} failed: ${describeError(error)}`,
    hint: `Is it a Docker Engine that listens on ${socket}? See its log: \`sudo journalctl -u docker -n 50\``,
    cause: error,
  });
}

export function engineTimeout({ what, timeoutMs }: FailureContext): AgentError {
  return new AgentError({
    code: 'ENGINE_TIMEOUT',
    message: `the Docker Engine did not answer ${what} within ${timeoutMs} ms`,
    hint: 'It is hung or the machine is overloaded: see its log, `sudo journalctl -u docker -n 50`, and `top`.',
  });
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
