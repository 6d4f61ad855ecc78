import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';

/** Characters that a text takes on the screen, colours not counted. */
const widthOf = (text: string) => stripVTControlCharacters(text).length;

/**
 * Breaks a text at spaces into lines of at most `width` characters; its own line breaks stay. A command, which texts put between backquotes,
 * is never broken, so that it can be copied; like a word that is longer than the line it then stands alone.
 */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width));
}

function wrapLine(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.match(/(?:`[^`\n]*`|\S)+/g) ?? []) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(line) + 1 + widthOf(word) <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.length === 0 ? [''] : lines;
}

/** A text that begins with `label` and is wrapped beside it. */
export function labelled(label: string, text: string, width: number): string[] {
  const indent = ' '.repeat(widthOf(label));
  return wrap(text, width - widthOf(label)).map((line, index) =>
    `${index === 0 ? label : indent}${line}`.trimEnd(),
  );
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';
const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: GAP,
};

/** Rows as aligned columns below their titles. A last column of words is wrapped where the line would exceed `width`. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const before = columns
    .slice(0, -1)
    .reduce(
      (sum, _, index) => sum + GAP.length + Math.max(...all.map((row) => widthOf(row[index] ?? ''))),
      0,
    );
  const layout = new Table({
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: columns.map(({ align }) => align ?? 'left'),
  });
  // A number is no words: broken from its unit it would be misread.
  const room = columns.at(-1)?.align === 'right' ? Number.POSITIVE_INFINITY : width - before;
  layout.push(...all.map((row) => [...row.slice(0, -1), wrap(row.at(-1) ?? '', room).join('\n')]));
  return layout
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}
