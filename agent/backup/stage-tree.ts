import { chmod, chown, copyFile, link, lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError } from '../system/errors.ts';

/**
 * What is never changed once it is written: tables of RocksDB, and media of the homeserver. A second name for such a file
 * keeps it as it is, at no cost of time or room.
 */
const WRITTEN_ONCE = /\.sst$|\/media\//;

/** Copies a folder, with its owners, to another place on the same disk. Error: BACKUP_ODD_FILE. */
export async function stageTree(from: string, to: string): Promise<void> {
  const { uid, gid, mode } = await lstat(from);
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await stageTree(source, target);
    else if (entry.isFile()) await stageFile(source, target);
    else throw oddFile(source);
  }
  await chown(to, uid, gid);
  await chmod(to, mode & 0o7777);
}

/** One file of it. */
export async function stageFile(source: string, target: string): Promise<void> {
  if (WRITTEN_ONCE.test(source)) return link(source, target);
  const { uid, gid, mode } = await lstat(source);
  await copyFile(source, target);
  await chown(target, uid, gid);
  await chmod(target, mode & 0o7777);
}

const oddFile = (path: string) =>
  new AgentError({
    code: 'BACKUP_ODD_FILE',
    message: `${path} is neither a file nor a folder`,
    hint: 'Nothing of the appliance makes such: see what it is, and take it away.',
  });
