import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { syncPath } from '../system/files.ts';
import { type TarEntry, tarStream } from '../system/tar.ts';
import { MANIFEST, type Manifest } from './manifest.ts';
import type { Seal } from './seal.ts';

/** Writes what is staged, sealed, to a file that appears whole or not at all, for root alone. Resolves to its size in bytes. */
export async function pack(staged: string, manifest: Manifest, seal: Seal, to: string): Promise<number> {
  const entries: readonly TarEntry[] = [
    { kind: 'text', path: MANIFEST, mode: 0o600, text: `${JSON.stringify(manifest)}\n` },
    ...manifest.files.map(
      ({ path, mode, size }): TarEntry => ({ kind: 'file', path, mode, size, source: join(staged, path) }),
    ),
  ];
  const partial = `${to}.partial`;
  await rm(partial, { force: true });
  const output = createWriteStream(partial, { flags: 'wx', mode: 0o600 });
  try {
    await pipeline(Readable.from(await seal.seal(tarStream(entries))), output);
    await syncPath(partial);
    await rename(partial, to);
    await syncPath(dirname(to));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return output.bytesWritten;
}
