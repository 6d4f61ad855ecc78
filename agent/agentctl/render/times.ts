import { parseDuration } from '../../system/durations.ts';
import { AgentError } from '../../system/errors.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (value: number) => String(value).padStart(2, '0');

/** An ISO 8601 time in this machine's time zone: `2026-11-22 13:05:12`. What is no time is shown as it is. */
export function formatTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** The same, without the date when it is that of `nowIso`. */
export function formatTimeNear(iso: string, nowIso: string): string {
  const [time, now] = [formatTime(iso), formatTime(nowIso)];
  return time.slice(0, 10) === now.slice(0, 10) ? time.slice(11) : time;
}

/** A duration for people, in at most two units: `0.8 s`, `45 s`, `3 min`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 10 * SECOND && ms % SECOND !== 0)
    return ms < 100 ? `${Math.round(ms)} ms` : `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return units(Math.floor(ms / HOUR), 'h', Math.floor((ms % HOUR) / MINUTE), 'min');
  return units(Math.floor(ms / DAY), 'd', Math.floor((ms % DAY) / HOUR), 'h');
}

const units = (large: number, largeUnit: string, small: number, smallUnit: string) =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** When something began, and how long that is: `13:05:12 (3 min)`. */
export function formatSince(iso: string, nowIso: string): string {
  const ms = Date.parse(nowIso) - Date.parse(iso);
  return Number.isNaN(ms)
    ? iso
    : `${formatTimeNear(iso, nowIso)} (${formatDuration(Math.floor(ms / SECOND) * SECOND)})`;
}

/** Where a listing begins: so many milliseconds ago, or at a moment. */
export type Since =
  | { readonly kind: 'ago'; readonly milliseconds: number }
  | { readonly kind: 'at'; readonly epochMs: number };

/** Reads `90s`, `30m`, `2h`, `1d`, or an ISO 8601 time such as `2026-11-22T13:00`. Error: USAGE. */
export function parseSince(text: string): Since {
  const milliseconds = parseDuration(text);
  if (milliseconds !== null) return { kind: 'ago', milliseconds };
  // Alone, a date would be taken as UTC; here it is local as every other time.
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text;
  const epochMs = /^\d{4}-\d{2}-\d{2}T/.test(time) ? Date.parse(time) : Number.NaN;
  if (!Number.isNaN(epochMs)) return { kind: 'at', epochMs };
  throw new AgentError({
    code: 'USAGE',
    message: `'${text}' is neither a duration nor a time`,
    hint: 'Write for example 30m, 2h, 1d or 2026-11-22T13:00.',
  });
}
