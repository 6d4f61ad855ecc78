import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * SHA-256 (hex) over every file below a folder: its path, whether it is executable, and its content. Times, owners and
 * the order in which the file system lists them do not count.
 */
export async function contentHash(directory: string): Promise<string> {
  const total = createHash('sha256');
  for (const path of await filesBelow(directory)) {
    const file = join(directory, path);
    const executable = ((await stat(file)).mode & 0o100) !== 0;
    total.update(`${path}\0${executable ? 'x' : '-'}\0${await fileHash(file)}\n`);
  }
  return total.digest('hex');
}

/** The SHA-256 of every file below a folder, in the form that `sha256sum --check` reads (sha256sum(1)). */
export async function checksums(directory: string): Promise<string> {
  const lines: string[] = [];
  for (const path of await filesBelow(directory))
    lines.push(`${await fileHash(join(directory, path))}  ${path}\n`);
  return lines.join('');
}

/** The paths of all files below a folder, relative to it, sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}
