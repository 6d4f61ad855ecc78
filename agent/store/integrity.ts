import type { Connection } from './connection.ts';
import { damagedError } from './faults.ts';

/**
 * Throws DATABASE_DAMAGED unless every page, row and CHECK constraint of the database is sound (PRAGMA quick_check).
 * SQLite keeps no checksums of pages: a flipped bit within a stored text is not found.
 */
export function assertSound(connection: Connection): void {
  const findings = connection.prepare<[], string>('PRAGMA quick_check(3)').pluck().all();
  if (findings.length === 1 && findings[0] === 'ok') return;
  throw damagedError(connection.name, findings.join('; ').replaceAll('\n', ' '));
}
