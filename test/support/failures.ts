import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { BREAKING, type RunEvent } from './tally.ts';

/** Lines of an error that are repeated; the whole of it stands where the test ran. */
const ERROR_LINES = 12;

/**
 * What failed in a tier, to be said again at the end of a run of a thousand lines: each test or file with the first
 * words of its error, a block of lines each. Tests that never ended are named as such.
 */
export function failures(tier: string, events: readonly RunEvent[]): readonly string[] {
  const key = ({ testFile, title }: RunEvent) => `${testFile}\0${title}`;
  const ended = new Set(
    events.filter(({ type }) => type === 'test-passed' || type === 'test-failed').map(key),
  );
  return events.flatMap((event) => {
    const never =
      event.type === 'selected-test' && !event.skip && !event.todo && !ended.has(key(event))
        ? 'did not end'
        : undefined;
    const failed = event.type === 'test-failed' || BREAKING.has(event.type) ? event.type : undefined;
    const what = never ?? failed;
    return what === undefined ? [] : [block(tier, what, event)];
  });
}

function block(tier: string, what: string, { testFile, title, error = '' }: RunEvent): string {
  const file = testFile === undefined ? [] : [relative('.', testFile)];
  const head = [tier, ...file, ...(title === undefined ? [] : [title]), what].join(' › ');
  const lines = stripVTControlCharacters(error).split('\n');
  const said = lines.slice(0, ERROR_LINES).filter((line) => line.trim() !== '');
  return [`✘ ${head}`, ...said.map((line) => `    ${line}`)].join('\n');
}
