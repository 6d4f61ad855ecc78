import { stripVTControlCharacters } from 'node:util';

/** Characters that a text takes on the screen, colours not counted. */
const widthOf = (text: string) => stripVTControlCharacters(text).length;

/**
 * Breaks a text at spaces into lines of at most `width` characters. A command, which texts put between backquotes,
 * is never broken, so that it can be copied; like a word that is longer than the line it then stands alone.
 */
export function wrap(text: string, width: number): string[] {
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

/** Rows as aligned columns below their titles. The last column is wrapped where the line would exceed `width`. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => widthOf(row[index] ?? ''))));
  return all.flatMap((row) => {
    const fixed = columns
      .slice(0, -1)
      .map(({ align }, index) => pad(row[index] ?? '', widths[index] ?? 0, align));
    const before = fixed.map((cell) => cell + GAP).join('');
    const last = row[columns.length - 1] ?? '';
    if (columns.at(-1)?.align === 'right')
      return [(before + pad(last, widths.at(-1) ?? 0, 'right')).trimEnd()];
    return labelled(before, last, width);
  });
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? space + text : text + space;
}
