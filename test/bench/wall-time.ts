/** Wall time now in milliseconds since the epoch, with the fraction that `Date.now()` has not: as the engine stamps events. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
