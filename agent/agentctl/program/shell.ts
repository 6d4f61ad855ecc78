import type { Context } from '../context.ts';

/** What the commands are run with. */
export interface Shell {
  readonly context: Context;
  /** Runs a command and leaves its exit status; each is loaded only when it is called, to start fast. */
  readonly perform: (command: () => Promise<number>) => Promise<void>;
}
