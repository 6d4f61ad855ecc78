const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, min: MINUTE, h: HOUR, d: DAY };

/** Reads `90s`, `30m` or `30min`, `2h`, `1d` as milliseconds; null for what is none of these. */
export function parseDuration(text: string): number | null {
  const [, amount, unit = ''] = /^(\d{1,6}) ?([a-z]+)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return amount === undefined || factor === undefined ? null : Number(amount) * factor;
}

/** The same the other way: `15s`, `5min`, `1d`, in the largest unit that fits evenly. */
export function writeDuration(milliseconds: number): string {
  const [unit, factor] = (
    [
      ['d', DAY],
      ['h', HOUR],
      ['min', MINUTE],
    ] as const
  ).find(([, size]) => milliseconds % size === 0) ?? ['s', SECOND];
  return `${milliseconds / factor}${unit}`;
}
