import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from './errors.ts';

/**
 * A reading of files that is taken anew when stat(2) tells of a change: to one of them, or, of a folder, to what is in it
 * and in the files there. One that failed is not kept, nor one that is not `final`.
 */
export function whileUnchanged<T>(
  paths: readonly string[],
  read: () => Promise<T>,
  final: (value: T) => boolean = () => true,
): () => Promise<T> {
  let kept: { readonly identity: string; readonly value: T } | null = null;
  return async () => {
    // Before the reading: what changes meanwhile is seen the next time.
    const identity = paths.map(identityOf).join('\n');
    if (kept?.identity === identity) return kept.value;
    const value = await read();
    kept = final(value) ? { identity, value } : null;
    return value;
  };
}

/** Asked at once: for files that are asked about again and again the kernel answers out of memory. */
function identityOf(path: string): string {
  try {
    const found = statSync(path, { bigint: true });
    const own = fileIdentity(found);
    if (!found.isDirectory()) return own;
    const names = readdirSync(path).sort();
    return [own, ...names.map((name) => identityOf(join(path, name)))].join('\n');
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
