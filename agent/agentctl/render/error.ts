import { AgentError, describeError } from '../../system/errors.ts';
import type { Screen } from '../terminal.ts';
import { labelled } from './text.ts';

/** Of what nobody foresaw. */
const UNFORESEEN = 'Give whoever helps what this packs: `sudo agentctl support-bundle`';

/** Why a command ended: what happened with its code, which stays the same over releases, and what to do next. */
export function renderError(error: unknown, { columns }: Pick<Screen, 'columns'>): string {
  const [code, hint] = error instanceof AgentError ? [error.code, error.hint] : ['UNFORESEEN', UNFORESEEN];
  return [`agentctl: ${describeError(error)} [${code}]`, ...labelled('  Next: ', hint, columns)].join('\n');
}
