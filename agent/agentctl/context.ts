import type { Clock } from '../system/clock.ts';
import type { Paths } from '../system/paths.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given. A command resolves to its exit status. */
export interface Context {
  readonly paths: Paths;
  readonly clock: Clock;
  readonly terminal: Terminal;
}
