const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

type Part = Pick<Intl.DateTimeFormatPart, 'type' | 'value'>;

/**
 * As much of `Intl.DateTimeFormat` as node-cron asks for: the numbers of a moment in UTC, its weekday in English, and the
 * name of the zone. The bundle of the agent has it in that one's place (agent/release/bundle.ts), for with the first date
 * that Node formats it loads 8 MiB of ICU.
 */
export class UtcDateTimeFormat {
  /** Throws a RangeError for another zone than UTC. */
  constructor(_locale: string, { timeZone }: Intl.DateTimeFormatOptions) {
    if (timeZone !== 'UTC') throw new RangeError(`no calendar of the zone ${timeZone}, only of UTC`);
  }

  /** In no certain order, and without what stands between them. */
  formatToParts(date: Date): Part[] {
    return [
      { type: 'weekday', value: WEEKDAYS[date.getUTCDay()] ?? '' },
      { type: 'year', value: String(date.getUTCFullYear()) },
      { type: 'month', value: twoDigits(date.getUTCMonth() + 1) },
      { type: 'day', value: twoDigits(date.getUTCDate()) },
      { type: 'hour', value: twoDigits(date.getUTCHours()) },
      { type: 'minute', value: twoDigits(date.getUTCMinutes()) },
      { type: 'second', value: twoDigits(date.getUTCSeconds()) },
      { type: 'timeZoneName', value: 'GMT+0' },
    ];
  }
}

const twoDigits = (number: number) => String(number).padStart(2, '0');
