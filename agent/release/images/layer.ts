import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AgentError, isErrno } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';
import type { TarEntry } from '../../system/tar.ts';
import { copyrightFiles } from './copyrights.ts';
import { sharedLibraries } from './libraries.ts';

/** A file of this machine, and where it stands in the image. */
export interface ImageFile {
  readonly source: string;
  /** Absolute, e.g. `/usr/bin/turnserver`. */
  readonly target: string;
  readonly executable: boolean;
}

/** A folder on which the container gets something mounted. A tmpfs takes the mode of the folder that it covers. */
export interface MountPoint {
  readonly path: string;
  readonly mode: number;
}

/** What glibc looks up; numeric users need no more, and names are never resolved over the network. */
const ACCOUNTS: readonly TarEntry[] = [
  { kind: 'text', path: 'etc/group', mode: 0o644, text: 'root:x:0:\nnogroup:x:65534:\n' },
  {
    kind: 'text',
    path: 'etc/nsswitch.conf',
    mode: 0o644,
    text: 'passwd: files\ngroup: files\nhosts: files\n',
  },
  {
    kind: 'text',
    path: 'etc/passwd',
    mode: 0o644,
    text: 'root:x:0:0:root:/:/nonexistent\nnobody:x:65534:65534:nobody:/nonexistent:/nonexistent\n',
  },
];

/**
 * The one layer of an image `FROM scratch`: a program with its shared libraries, their copyright files, further files,
 * and the folders that a read-only root needs as mount points. Libraries stand in /lib, which Debian's loader searches on every architecture.
 */
export async function programLayer(
  run: Run,
  program: ImageFile,
  further: readonly ImageFile[],
  mountPoints: readonly MountPoint[],
): Promise<TarEntry[]> {
  const libraries = await sharedLibraries(run, program.source);
  const copyrights = await copyrightFiles(run, [program.source, ...libraries.map(({ path }) => path)]);
  const files = [
    program,
    ...further,
    ...copyrights.map((path) => ({ source: path, target: path, executable: false })),
    ...libraries.map(({ name, path }) => ({
      source: path,
      target: name.startsWith('/') ? name : `/lib/${basename(name)}`,
      executable: name.startsWith('/'),
    })),
  ];
  const entries = [...ACCOUNTS, ...(await Promise.all(files.map(fileEntry)))];
  return withFolders(entries, mountPoints);
}

async function fileEntry({ source, target, executable }: ImageFile): Promise<TarEntry> {
  try {
    const { size } = await stat(source);
    return { kind: 'file', path: relative(target), mode: executable ? 0o755 : 0o644, source, size };
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new AgentError({
      code: 'IMAGE_SOURCE_MISSING',
      message: `there is no ${source} to make an image from`,
      hint: 'Run install.sh: it installs what the images are made from.',
      cause: error,
    });
  }
}

/** The entries sorted by path, with every folder before what is in it. */
function withFolders(entries: readonly TarEntry[], mountPoints: readonly MountPoint[]): TarEntry[] {
  const modes = new Map<string, number>();
  for (const { path } of [...entries, ...mountPoints])
    for (const parent of parents(path)) modes.set(parent, 0o755);
  for (const { path, mode } of mountPoints) modes.set(relative(path), mode);
  const folders = [...modes].map(([path, mode]): TarEntry => ({ kind: 'directory', path, mode }));
  return [...folders, ...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function parents(path: string): string[] {
  const parent = dirname(relative(path));
  return parent === '.' ? [] : [...parents(parent), parent];
}

/** Paths in a layer have no leading slash. */
function relative(path: string): string {
  return path.replace(/^\//, '');
}
