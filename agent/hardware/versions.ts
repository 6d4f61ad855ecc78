/**
 * Negative when version `a` is before `b`, positive when it is after it, 0 when they are the same: number by number,
 * whatever stands between them. `v4.13.0.1` is before `v4.14.0.1`, `2022-12-07` before `2023-01-11`; what is written
 * in hexadecimal (microcode) is one number.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const numbersOf = (version: string): number[] => version.match(/0x[0-9a-f]+|\d+/gi)?.map(Number) ?? [];
