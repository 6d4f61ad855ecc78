import { rename, rm, stat } from 'node:fs/promises';
import { isErrno } from './errors.ts';
import { type Run, runOk } from './processes.ts';

/** A file that takes room for the only purpose of giving it back when there is none left. */
export interface Ballast {
  /** Bytes that it takes; null when there is none. */
  size(): Promise<number | null>;
  /** Errors: BALLAST_NOT_MADE, on a filesystem that cannot set room aside (fallocate(2)) among others. */
  make(bytes: number): Promise<void>;
  /** Resolves to the bytes that it took. */
  release(): Promise<number>;
}

/** stat(2): whatever the blocks of the filesystem are. */
const BYTES_A_BLOCK = 512;

export function createBallast(run: Run, path: string): Ballast {
  async function size(): Promise<number | null> {
    try {
      return (await stat(path)).blocks * BYTES_A_BLOCK;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    }
  }
  return {
    size,
    async make(bytes) {
      // Never half of it under its name, whenever the power goes.
      const unfinished = `${path}.new`;
      await rm(unfinished, { force: true });
      try {
        await runOk(run, 'fallocate', ['--length', String(bytes), unfinished], {
          timeoutMs: 10_000,
          code: 'BALLAST_NOT_MADE',
          hint: 'It is for a full disk; without one the appliance serves all the same.',
        });
        await rename(unfinished, path);
      } finally {
        await rm(unfinished, { force: true });
      }
    },
    async release() {
      const taken = (await size()) ?? 0;
      await rm(path, { force: true });
      return taken;
    },
  };
}
