const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** A size for people, in binary units (IEC 80000-13) with at most one decimal: `812 B`, `1.5 MiB`, `120 GiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let value = bytes / 1024;
  let unit = 0;
  // Rounding decides the unit, so that 1023.97 KiB is shown as 1.0 MiB and never as 1024 KiB.
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
