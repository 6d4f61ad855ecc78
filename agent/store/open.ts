import type { Clock } from '../system/clock.ts';
import { openBacking } from './backing.ts';
import { readMigrations } from './migrations.ts';
import { createStore } from './sqlite-store.ts';
import type { Store } from './types.ts';

/**
 * Opens what the agent remembers. However the database is found, the result is a store that works: see
 * `Store.condition` for how. One process at a time may have it open.
 *
 * Errors, both of a damaged installation and not of the database: MIGRATIONS_MISSING, SQLITE_TOO_OLD.
 */
export function openStore(options: {
  readonly path: string;
  readonly migrationsDirectory: string;
  readonly clock: Clock;
}): Store {
  const { path, migrationsDirectory, clock } = options;
  return createStore(openBacking({ path, migrations: readMigrations(migrationsDirectory), clock }), path);
}
