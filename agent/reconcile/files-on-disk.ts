import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readRendered } from '../stack/write-rendered.ts';
import { isErrno } from '../system/errors.ts';
import { fingerprint } from './files-to-write.ts';

/** Fingerprints of every file below a folder, by relative path; none when there is no folder. */
export async function readFingerprints(directory: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    },
  );
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (path): Promise<[string, string]> => {
        const [content, { mode, uid, gid }] = await Promise.all([readRendered(path), stat(path)]);
        return [
          relative(directory, path),
          fingerprint({ content: content ?? '', mode: mode & 0o7777, owner: { uid, gid } }),
        ];
      }),
    ),
  );
}
