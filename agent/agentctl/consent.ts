import { createInterface } from 'node:readline/promises';
import { AgentError } from '../system/errors.ts';

/** Error: USAGE, where nobody can answer a question. */
export function requireSomebody(what: string, canAnswer = process.stdin.isTTY): void {
  if (canAnswer) return;
  throw new AgentError({
    code: 'USAGE',
    message: `${what}, and nobody can be asked here`,
    hint: 'If that is meant, add --yes.',
  });
}

/** Asks the person at the terminal; whatever is no yes is a no. On stderr, as stdout may be read by a program. */
export async function agrees(question: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
