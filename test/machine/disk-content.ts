import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { run, runOk } from '../../agent/system/processes.ts';

const MINUTE = 60_000;
const DATABASE = '/var/lib/appliance-agent/state.db';

/** Makes a disk of a folder, with owners and modes; nothing is mounted (mke2fs(8), -d). */
export async function makeDisk(directory: string, disk: string, label: string, size: string): Promise<void> {
  await onDisk('mke2fs', ['-q', '-t', 'ext4', '-L', label, '-d', directory, disk, size]);
}

/** Writes a file of a disk to `target`; nothing, where the disk does not have it. */
async function dumpFile(disk: string, path: string, target: string): Promise<void> {
  await run('debugfs', ['-R', `dump ${path} ${target}`, disk], { timeoutMs: MINUTE });
}

/** Runs a program that works on a disk, or on what a disk is made of. Errors: TEST_MACHINE. */
export function onDisk(command: string, args: readonly string[]) {
  return runOk(run, command, args, {
    timeoutMs: 3 * MINUTE,
    code: 'TEST_MACHINE',
    hint: 'The disk of the test machine could not be made.',
  });
}

/**
 * What the agent's database on the disk of a machine without power is worth, read by nothing of the agent: SQLite's own
 * quick_check, and what was done by its events. The file system's journal is replayed first, as the next boot would.
 */
export async function databaseOn(disk: string): Promise<{ check: string; actions: readonly string[] }> {
  const checked = await run('e2fsck', ['-f', '-y', disk], { timeoutMs: 2 * MINUTE });
  // e2fsck(8): 1 is `corrected`, which replaying a journal is.
  if (checked.exitCode === null || checked.exitCode > 1) throw new Error(checked.stdout + checked.stderr);
  const directory = await mkdtemp(join(tmpdir(), 'aa-database-'));
  try {
    for (const suffix of ['', '-wal'])
      await dumpFile(disk, `${DATABASE}${suffix}`, join(directory, `state.db${suffix}`));
    const path = join(directory, 'state.db');
    if (!existsSync(path)) throw new Error(`there is no ${DATABASE} on the disk`);
    const database = new Database(path);
    try {
      const actions = database
        .prepare<[], string>("SELECT action FROM events WHERE result = 'ok' AND action IS NOT NULL")
        .pluck()
        .all();
      return { check: String(database.pragma('quick_check', { simple: true })), actions };
    } finally {
      database.close();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}
