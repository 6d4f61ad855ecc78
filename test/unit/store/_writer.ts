/** A process that records without end, until it is killed; it says each id once it is durable. */
import { writeSync } from 'node:fs';
import { openStore } from '../../../agent/store/open.ts';
import { systemClock } from '../../../agent/system/clock.ts';
import { anEvent, MIGRATIONS } from './_fixtures.ts';

const store = openStore({
  path: process.argv[2] ?? '',
  migrationsDirectory: MIGRATIONS,
  clock: systemClock(),
});
for (;;) {
  const id = store.record(anEvent({ evidence: 'x'.repeat(500) }));
  writeSync(1, `${id}\n`);
}
