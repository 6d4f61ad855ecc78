import { CONDITIONS } from '../../conditions/index.ts';
import { AgentError } from '../../system/errors.ts';
import type { Context } from '../context.ts';
import { agentSilent } from '../doctor/agent-check.ts';
import { EXIT } from '../exit-codes.ts';
import { labelled } from '../render/text.ts';

/** Explains a problem by its code, or by the words in which a client or a service tells of it. */
export async function explain({ terminal }: Context, code: string): Promise<number> {
  const texts = [...CONDITIONS, agentSilent];
  const asked = code.toUpperCase();
  const found = texts.find((text) =>
    [text.code, ...(text.seenAs ?? [])].some((name) => name.toUpperCase() === asked),
  );
  if (found === undefined) {
    throw new AgentError({
      code: 'USAGE',
      message: `There is no problem with the code ${code}`,
      hint: `The codes are: ${texts.map((text) => text.code).join(', ')}.`,
    });
  }
  const { columns, paint } = terminal;
  const lines = [
    `${paint('bold', found.title)} [${found.code}]`,
    '',
    ...labelled('', found.meaning, columns),
    ...(found.seenAs === undefined ? [] : labelled('Also seen as: ', found.seenAs.join('; '), columns)),
    '',
    ...labelled('Next: ', found.remedy, columns),
  ];
  terminal.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}
