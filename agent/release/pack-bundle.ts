import { createHash } from 'node:crypto';
import { cp, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IMAGE_MANIFEST } from '../stack/images.ts';
import { run } from '../system/processes.ts';
import { type TarEntry, tarStream } from '../system/tar.ts';
import { CHECKSUMS, makeContent, nameRelease } from './build-release.ts';
import { checksums, filesBelow } from './content-hash.ts';
import { buildImages } from './images/build.ts';
import { coturnSource, livekitSource } from './images/sources.ts';
import { INSTALLER } from './runtime.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export interface Bundle {
  readonly file: string;
  /** SHA-256 (hex) of the file. */
  readonly sha256: string;
}

/**
 * Makes the release bundle in the folder `output`: a tar file with the release, the archives of the images, the
 * installer, and the SHA-256 of each, for an installation without a network. `work` is a folder for what it is made
 * of. The same sources, lockfile and Debian packages give the same bytes.
 */
export async function packBundle(project: string, work: string, output: string): Promise<Bundle> {
  await rm(work, { recursive: true, force: true });
  const release = join(work, 'release');
  await makeContent(project, release);
  await buildImages(
    [
      await coturnSource(run, '/usr/bin/turnserver'),
      await livekitSource(run, join(release, 'bin/node'), join(release, 'livekit-standin.js')),
    ],
    join(work, 'images'),
  );
  // In the release too: it is named by all that belongs to it, and can be gone back to with its own images.
  await cp(join(work, 'images', IMAGE_MANIFEST), join(release, IMAGE_MANIFEST));
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  await writeFile(join(release, 'ARCHITECTURE'), `${architecture}\n`);
  const name = `appliance-agent-${await nameRelease(project, release)}-${architecture}`;
  for (const path of INSTALLER) await cp(join(project, path), join(work, path), { recursive: true });
  await writeFile(join(work, CHECKSUMS), await checksums(work));

  await mkdir(output, { recursive: true });
  const file = join(output, `${name}.tar`);
  const sha256 = await writeTar(await entriesOf(work, name), file);
  await writeFile(`${file}.sha256`, `${sha256}  ${name}.tar\n`);
  await rm(work, { recursive: true });
  return { file, sha256 };
}

/** Every file below a folder, and every folder before what is in it, under the name `top`. */
async function entriesOf(directory: string, top: string): Promise<TarEntry[]> {
  const entries = new Map<string, TarEntry>();
  for (const path of await filesBelow(directory)) {
    const { mode, size } = await stat(join(directory, path));
    for (const folder of parentsOf(join(top, path)))
      entries.set(folder, { kind: 'directory', path: folder, mode: 0o755 });
    entries.set(join(top, path), {
      kind: 'file',
      path: join(top, path),
      // The umask of whoever cloned the sources does not count.
      mode: (mode & 0o100) === 0 ? 0o644 : 0o755,
      source: join(directory, path),
      size,
    });
  }
  return [...entries.values()];
}

/** The folders that a relative path is in, the outermost first. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === '.' ? [] : [...parentsOf(parent), parent];
}

/** Writes a tar file beside its place, then puts it there; resolves to its SHA-256. */
async function writeTar(entries: readonly TarEntry[], path: string): Promise<string> {
  const hash = createHash('sha256');
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o644);
  try {
    for await (const chunk of tarStream(entries)) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return hash.digest('hex');
}
