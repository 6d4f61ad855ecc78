import test from 'ava';
import { UtcDateTimeFormat } from '../../../agent/system/utc-calendar.ts';

/** What node-cron 4 asks for, of a moment and of its zone. */
const PARTS = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  weekday: 'short',
  hour12: false,
  timeZone: 'UTC',
} as const;
const ZONE = { timeZone: 'UTC', timeZoneName: 'shortOffset' } as const;

test('a moment has the parts that Intl.DateTimeFormat gives it in UTC', (t) => {
  const ours = new UtcDateTimeFormat('en-US', PARTS);
  const moments = Array.from({ length: 500 }, (_, i) => new Date(Date.UTC(1999, 11, 31) + i * 9_876_543_210));
  for (const options of [PARTS, ZONE]) {
    const theirs = new Intl.DateTimeFormat('en-US', options);
    for (const moment of [...moments, new Date(Date.UTC(2028, 1, 29))]) {
      const found = new Map(ours.formatToParts(moment).map(({ type, value }) => [type, value]));
      for (const { type, value } of theirs.formatToParts(moment)) {
        if (type === 'literal') continue;
        // en-US writes midnight as 24 in this cycle, and node-cron reads both.
        const expected = type === 'hour' && value === '24' ? '00' : value;
        const part = options === ZONE ? Number(found.get(type)) || found.get(type) : found.get(type);
        t.is(String(part), expected, `${type} of ${moment.toISOString()}`);
      }
    }
  }
});

test('another zone is refused', (t) => {
  t.throws(() => new UtcDateTimeFormat('en-US', { timeZone: 'Europe/Berlin' }), { instanceOf: RangeError });
  t.throws(() => new UtcDateTimeFormat('en-US', {}), { instanceOf: RangeError });
});
