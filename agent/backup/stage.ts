import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { connectReadOnly } from '../store/connection.ts';
import { isErrno } from '../system/errors.ts';
import type { Paths } from '../system/paths.ts';
import { stageFile, stageTree } from './stage-tree.ts';

/**
 * Gathers below a folder what cannot be made again, as it is at one moment: configuration, secrets, what the agent
 * remembers, and what services keep. Those that must not write meanwhile are held by `withServicesStopped`.
 */
export async function stage(
  paths: Pick<Paths, 'config' | 'profileOverrides' | 'secrets' | 'acceptedConfig' | 'database' | 'data'>,
  staged: string,
  withServicesStopped: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await rm(staged, { recursive: true, force: true });
  for (const folder of ['', 'state', 'etc']) await mkdir(join(staged, folder), { mode: 0o700 });
  await ifThere(stageFile(paths.config, join(staged, 'etc/appliance.yaml')));
  await ifThere(stageTree(paths.profileOverrides, join(staged, 'etc/profiles.d')));
  await ifThere(stageTree(paths.secrets, join(staged, 'state/secrets')));
  await ifThere(stageFile(paths.acceptedConfig, join(staged, 'state/accepted.yaml')));
  await copyDatabase(paths.database, join(staged, 'state/state.db'));
  await withServicesStopped(() => ifThere(stageTree(paths.data, join(staged, 'state/data'))));
}

/** By SQLite's own backup (sqlite.org/backup.html): the agent goes on writing meanwhile. */
async function copyDatabase(from: string, to: string): Promise<void> {
  const database = connectReadOnly(from);
  try {
    await database.backup(to);
  } finally {
    database.close();
  }
}

/** What an appliance does not have is no fault. */
async function ifThere(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
