/**
 * The one family of errors. Whatever reaches a person has a stable code, a message that says what happened,
 * and a hint that says what to do next.
 */
export class AgentError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(fields: { code: string; message: string; hint: string; cause?: unknown }) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'AgentError';
    this.code = fields.code;
    this.hint = fields.hint;
  }
}

/** Any thrown value as one line of text, with the messages of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${describeError(error.cause)}`;
  return `${error.message}${cause}`;
}

/** True for a Node system error with this code, e.g. `ENOENT`. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
