import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from './errors.ts';

/**
 * A reading of files that is taken anew when stat(2) tells of a change: to one of them, or, of a folder, to what is in it
 * and in the files there. One that failed is not kept.
 */
export function whileUnchanged<T>(path: string, read: () => Promise<T>): () => Promise<T> {
  let kept: { readonly identity: string; readonly value: T } | null = null;
  return async () => {
    // Before the reading: what changes meanwhile is seen the next time.
    const identity = await identityOf(path);
    if (kept?.identity !== identity) kept = { identity, value: await read() };
    return kept.value;
  };
}

async function identityOf(path: string): Promise<string> {
  try {
    const found = await stat(path, { bigint: true });
    const own = fileIdentity(found);
    if (!found.isDirectory()) return own;
    const names = (await readdir(path)).sort();
    const inside = await Promise.all(names.map((name) => identityOf(join(path, name))));
    return [own, ...inside].join('\n');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'absent';
    throw error;
  }
}

/** Changes with the content, the mode and the owner of a file: the last two move its ctime (inode(7)). */
export function fileIdentity(file: FileIdentity): string {
  return [file.dev, file.ino, file.size, file.mtimeNs, file.ctimeNs].join(' ');
}

type FileIdentity = Readonly<Record<'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs', bigint>>;
