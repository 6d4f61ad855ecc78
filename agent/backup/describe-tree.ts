import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Manifest } from './manifest.ts';

/** Everything below a folder, sorted, with owners, modes, sizes and checksums. */
export async function describeTree(
  root: string,
  directory = root,
): Promise<Pick<Manifest, 'directories' | 'files'>> {
  const described: Pick<Manifest, 'directories' | 'files'> = { directories: [], files: [] };
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    const { mode, uid, gid, size } = await lstat(path);
    const owned = { path: relative(root, path), mode: mode & 0o7777, uid, gid };
    if (entry.isDirectory()) {
      const below = await describeTree(root, path);
      // The two folders at the top are the backup's own.
      if (directory !== root) described.directories.push(owned);
      described.directories.push(...below.directories);
      described.files.push(...below.files);
    } else {
      described.files.push({ ...owned, size, sha256: await sha256Of(path) });
    }
  }
  return described;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
