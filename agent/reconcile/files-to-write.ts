import { createHash } from 'node:crypto';
import type { RenderedFile } from '../stack/types.ts';
import type { Desired, Observed } from './types.ts';

/** What makes two files the same: content, mode and owner, as one hash that reveals none of them. */
export function fingerprint(file: Pick<RenderedFile, 'content' | 'mode' | 'owner'>): string {
  const { uid, gid } = file.owner;
  return createHash('sha256').update(`${file.mode} ${uid} ${gid}\n${file.content}`).digest('hex');
}

/** The rendered files that are missing on disk or differ from what they should be. */
export function filesToWrite(
  observed: Pick<Observed, 'filesOnDisk'>,
  { files }: Pick<Desired, 'files'>,
): RenderedFile[] {
  return files.filter((file) => observed.filesOnDisk.get(file.path) !== fingerprint(file));
}
