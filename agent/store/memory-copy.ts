import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '../system/errors.ts';
import { type Connection, connect, connectMemory, userVersion } from './connection.ts';
import { copyContent } from './copy-content.ts';
import { damagedError } from './faults.ts';
import { assertSound } from './integrity.ts';
import { migrate } from './migrate.ts';
import type { FileLocation } from './open-file.ts';
import { snapshotPath } from './snapshot.ts';

export interface MemoryCopy {
  readonly connection: Connection;
  /** True when it holds everything that the file holds, so that it may take the file's place. */
  readonly complete: boolean;
  /** Why it is not complete; '' when it is. */
  readonly detail: string;
}

/** An empty database in memory, at our schema. */
export function emptyMemory({ migrations, wall }: FileLocation): Connection {
  const connection = connectMemory();
  migrate(connection, migrations, wall);
  return connection;
}

/** A database in memory with what an open one holds; of a failing disk, with what its newest snapshot holds. */
export function copyOfOpen(open: Connection, location: FileLocation): MemoryCopy {
  return fill(location, (memory) => copyContent(open, memory));
}

/**
 * A database in memory with what a file holds that cannot be opened for writing. In WAL mode such a file cannot even
 * be read where it is, because reading needs a lock file beside it: it is read from a copy in memory-backed storage.
 */
export function copyOfFile(location: FileLocation): MemoryCopy {
  // After a recovery that a full disk cut short there is the snapshot only, and that is then all there is.
  const source = [location.path, snapshotPath(location.path)].find((path) => existsSync(path));
  return fill(location, (memory) => {
    if (source !== undefined) copyThroughScratch(source, memory, location);
  });
}

function fill(location: FileLocation, copy: (memory: Connection) => void): MemoryCopy {
  const memory = emptyMemory(location);
  try {
    copy(memory);
    return { connection: memory, complete: true, detail: '' };
  } catch (error) {
    return {
      connection: memory,
      complete: false,
      detail: fillFromSnapshot(memory, location, describeError(error)),
    };
  }
}

function fillFromSnapshot(memory: Connection, location: FileLocation, finding: string): string {
  const snapshot = snapshotPath(location.path);
  if (!existsSync(snapshot)) return `What it holds could not be read (${finding}), and there is no snapshot.`;
  try {
    copyThroughScratch(snapshot, memory, location);
    return `What it holds could not be read (${finding}); its snapshot is used.`;
  } catch (error) {
    return `What it holds could not be read (${finding}), nor its snapshot (${describeError(error)}).`;
  }
}

function copyThroughScratch(path: string, memory: Connection, { migrations, wall }: FileLocation): void {
  const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'appliance-agent-'));
  try {
    const copy = join(scratch, 'state.db');
    for (const suffix of ['', '-wal']) {
      if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    }
    const connection = connect(copy);
    try {
      assertSound(connection);
      if (userVersion(connection) === 0) throw damagedError(path, 'it holds none of our tables');
      migrate(connection, migrations, wall);
      copyContent(connection, memory);
    } finally {
      connection.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
