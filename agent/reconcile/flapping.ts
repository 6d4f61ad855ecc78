import type { Death } from '../store/types.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';

const WITHIN_MS = 30 * 60_000;
const DEATHS_TO_FLAP = 5;

/** How often and how a service's process ended lately, in words, when that is too often; null when it is not. */
export function failuresInWords(service: string, deaths: readonly Death[], now: Instant): string | null {
  const recent = deaths.filter(
    (death) => death.service === service && (elapsedMs(death.at, now) ?? WITHIN_MS) < WITHIN_MS,
  );
  if (recent.length < DEATHS_TO_FLAP) return null;
  const kinds = [...Map.groupBy(recent, endInWords)]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([end, { length }]) => `${end} (${length} times)`);
  return `it ended ${recent.length} times within ${WITHIN_MS / 60_000} minutes: ${kinds.join(', ')}`;
}

const endInWords = ({ exitCode, oomKilled }: Death) =>
  oomKilled ? 'out of memory' : `exit ${exitCode ?? 'unknown'}`;
