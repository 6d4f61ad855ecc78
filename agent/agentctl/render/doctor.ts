import type { Check } from '../doctor/checks.ts';
import type { Screen } from '../terminal.ts';
import { labelled } from './text.ts';

const WORDS: Readonly<Record<Check['state'], string>> = {
  ok: 'ok',
  note: 'NOTE',
  fail: 'FAIL',
  skip: 'SKIP',
};

/**
 * The screen of `agentctl doctor` and `verify`. `askAgain`: the command that root would see more with, null when it was
 * root who asked.
 */
export function renderChecks(checks: readonly Check[], askAgain: string | null, screen: Screen): string {
  const width = Math.max(...checks.map(({ check }) => check.length));
  const lines = checks.flatMap((check) => checkLines(check, width, screen));
  return `${[...lines, '', ...labelled('', conclusion(checks, askAgain), screen.columns)].join('\n')}\n`;
}

function checkLines(
  { check, code, state, severity, evidence, next }: Check,
  width: number,
  screen: Screen,
): string[] {
  const { columns, paint } = screen;
  const word = paint(colourOf(state, severity), WORDS[state].padEnd(4));
  const named = code === null ? evidence : `${evidence} [${code}]`;
  const indent = ' '.repeat(WORDS.fail.length + 2);
  return [
    ...labelled(`${word}  ${check.padEnd(width)}  `, named, columns),
    ...(next === null ? [] : labelled(`${indent}Next: `, next, columns)),
  ];
}

function colourOf(state: Check['state'], severity: Check['severity']) {
  if (state === 'ok') return 'green';
  if (state === 'skip') return 'magenta';
  if (state === 'note') return 'cyan';
  return severity === 'critical' ? 'red' : 'yellow';
}

function conclusion(checks: readonly Check[], askAgain: string | null): string {
  const countOf = (state: Check['state']) => checks.filter((check) => check.state === state).length;
  const [failed, skipped] = [countOf('fail'), countOf('skip')];
  const found = failed === 0 ? 'No check failed' : `${failed} of ${checks.length} checks failed`;
  if (skipped === 0) return failed === 0 ? `All ${checks.length} checks passed.` : `${found}.`;
  const rest = skipped === 1 ? '1 was skipped' : `${skipped} were skipped`;
  return `${found}, ${rest}.${askAgain === null ? '' : ` Some need root: \`${askAgain}\``}`;
}
