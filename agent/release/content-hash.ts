import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * SHA-256 (hex) over every file below a folder: its path, whether it is executable, and its content. Times, owners and
 * the order in which the file system lists them do not count.
 */
export async function contentHash(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const total = createHash('sha256');
  for (const file of files.sort()) {
    const executable = ((await stat(file)).mode & 0o100) !== 0;
    total.update(`${relative(directory, file)}\0${executable ? 'x' : '-'}\0${await fileHash(file)}\n`);
  }
  return total.digest('hex');
}

async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
