/** A table; the first column is text, the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** Milliseconds with three digits or so: `0.42 ms`, `16.3 ms`, `2,940 ms`. */
export function ms(value: number): string {
  return `${digits(value)} ms`;
}

/** Microseconds. */
export function us(value: number): string {
  return `${digits(value)} µs`;
}

/** Bytes, in units of 2^20: `0 MiB`, `3.1 MiB`. */
export function mib(bytes: number): string {
  return bytes === 0 ? '0 MiB' : `${digits(bytes / 2 ** 20)} MiB`;
}

export function digits(value: number): string {
  const places = Math.abs(value) < 1 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString('en', { minimumFractionDigits: places, maximumFractionDigits: places });
}
