import { type Clock, elapsedMs, type Instant } from '../system/clock.ts';
import { AgentError, describeError } from '../system/errors.ts';
import { conditionInMemory, mayReturn, stateInMemory, unreadError } from './condition-in-memory.ts';
import type { Connection } from './connection.ts';
import { copyContent } from './copy-content.ts';
import { faultOf, unwritableError } from './faults.ts';
import { copyOfFile, copyOfOpen, emptyMemory, type MemoryCopy } from './memory-copy.ts';
import type { Migration } from './migrations.ts';
import { openFile } from './open-file.ts';
import { prepareQueries, type Queries } from './queries.ts';
import type { StoreCondition } from './types.ts';

/** While the file cannot be written, it is tried again at most this often. */
export const RETRY_MS = 60_000;

/** What the store stands on: the file, or memory while the file cannot be used. */
export interface Backing {
  /** Runs queries. A fault of the disk moves the store to memory, where the same queries run again. */
  use<T>(work: (queries: Queries) => T): T;
  condition(): StoreCondition;
  /** The open file; null while in memory. */
  file(): Connection | null;
  /** While in memory: tries the file again now, whenever it was tried last. */
  retry(): void;
  close(): void;
}

interface OnFile {
  readonly kind: 'file';
  readonly connection: Connection;
  readonly queries: Queries;
}

interface InMemory extends MemoryCopy {
  readonly kind: 'memory';
  readonly queries: Queries;
  readonly error: AgentError;
  readonly since: Instant;
  readonly lastTry: Instant;
}

/**
 * Opens the file, or memory in its place.
 *
 * Why a write that fails goes to memory and does not fail: containers are to be healed on a full or dying disk too,
 * and what the agent decides (holds, attempts, pending actions) must stay consistent while it does. Memory begins as
 * a copy of the file, takes every further write, and replaces the file's content in one transaction as soon as the
 * file can be written again. `condition` says so for as long as it lasts. It is bounded as the file is.
 */
export function openBacking(options: {
  readonly path: string;
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
}): Backing {
  const { path, migrations, clock } = options;
  const location = () => ({ path, migrations, wall: clock.now().wall });
  let found: StoreCondition = { state: 'ok', detail: '', hint: '' };
  let mode: OnFile | InMemory;
  try {
    mode = openOnFile();
  } catch (error) {
    const reason = unwritableError(path, error);
    const untouched = stateInMemory(reason) !== 'unwritable';
    mode = inMemory(
      untouched
        ? { connection: emptyMemory(location()), complete: false, detail: '' }
        : copyOfFile(location()),
      reason,
    );
  }

  return {
    use: (work) => {
      if (mode.kind === 'memory' && isDue(mode)) mode = returnToFile(mode);
      if (mode.kind === 'file') {
        try {
          return work(mode.queries);
        } catch (error) {
          if (faultOf(error) === 'mistake') throw rejected(error);
          mode = leaveFile(mode, error);
        }
      }
      try {
        return work(mode.queries);
      } catch (error) {
        throw rejected(error);
      }
    },
    condition: () => (mode.kind === 'file' ? found : conditionInMemory(mode)),
    file: () => (mode.kind === 'file' ? mode.connection : null),
    retry: () => {
      if (mode.kind === 'memory' && mayReturn(mode.error)) mode = returnToFile(mode);
    },
    close: () => {
      if (mode.kind === 'memory' && mayReturn(mode.error)) mode = returnToFile(mode);
      mode.connection.close();
    },
  };

  function openOnFile(takeOver?: InMemory): OnFile {
    const { connection, queries, state, detail } = openFile(location());
    try {
      if (takeOver) replaceContent(takeOver, connection, state === 'ok');
      // A recovery stays told for as long as the agent runs; nothing else that was found outlives the next opening.
      if (found.state !== 'recovered')
        found = { state, detail, hint: state === 'recovered' ? RECOVERED_HINT : '' };
      return { kind: 'file', connection, queries };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  function inMemory(copy: MemoryCopy, error: AgentError): InMemory {
    const now = clock.now();
    return {
      kind: 'memory',
      ...copy,
      queries: prepareQueries(copy.connection),
      error,
      since: now,
      lastTry: now,
    };
  }

  function leaveFile(former: OnFile, error: unknown): InMemory {
    const copy = copyOfOpen(former.connection, location());
    former.connection.close();
    return inMemory(copy, unwritableError(path, error));
  }

  function returnToFile(memory: InMemory): OnFile | InMemory {
    try {
      const file = openOnFile(memory);
      memory.connection.close();
      return file;
    } catch (error) {
      return { ...memory, error: unwritableError(path, error), lastTry: clock.now() };
    }
  }

  function replaceContent(memory: InMemory, file: Connection, holdsFormer: boolean): void {
    if (holdsFormer && !memory.complete) throw unreadError(path);
    copyContent(memory.connection, file);
  }

  function isDue(memory: InMemory): boolean {
    const waited = elapsedMs(memory.lastTry, clock.now());
    return mayReturn(memory.error) && (waited === null || waited >= RETRY_MS);
  }
}

const RECOVERED_HINT = 'Check the disk (dmesg): power cuts alone do not damage the database.';

/** A value that the schema refuses is a mistake in the agent: it is shown, never hidden in a fallback. */
function rejected(error: unknown): AgentError {
  return new AgentError({
    code: 'STORE_REJECTED',
    message: `The database refused a value: ${describeError(error)}`,
    hint: 'This is a mistake in the agent. Report it with the message.',
    cause: error,
  });
}
