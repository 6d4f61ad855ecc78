import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Names under which packages carry the terms that must go with them. */
const TERMS = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * Packages that ship their terms in the heads of their sources alone: those files, and a text of Apache-2.0 where they
 * only refer to it, which is that of this project.
 */
const TERMS_IN_SOURCES: Readonly<
  Record<string, { readonly heads: readonly string[]; readonly apache: boolean }>
> = {
  '@bufbuild/protobuf': { heads: ['dist/esm/message.js', 'dist/esm/google/varint.js'], apache: true },
};

/** Packages that are copied into the release as they are, not bundled into a program. */
const COPIED = ['node_modules/better-sqlite3', `node_modules/node-linux-${process.arch}`];

/**
 * Writes `THIRD-PARTY-NOTICES.txt`: of every package that is in the release its name, version, declared licence and the
 * terms that it ships. `bundled` are the folders of the packages that esbuild put into the programs. A package that declares no licence
 * or ships no text of it ends the build: it may not be passed on unread.
 */
export async function writeNotices(
  project: string,
  bundled: ReadonlySet<string>,
  output: string,
): Promise<void> {
  const folders = [...new Set([...bundled, ...COPIED])].map((folder) => join(project, folder));
  const notices = await Promise.all(folders.map((folder) => noticeOf(folder, project)));
  await writeFile(join(output, 'THIRD-PARTY-NOTICES.txt'), notices.sort().join(`\n${'='.repeat(80)}\n\n`));
}

async function noticeOf(directory: string, project: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  if (license === undefined) throw new Error(`${name} ${version} declares no licence`);
  const texts = await termsOf(name, directory, project);
  if (texts.length === 0) throw new Error(`${name} ${version} (${license}) ships no text of its licence`);
  return `${name} ${version}\nLicence: ${license}\n\n${texts.map((text) => `${text.trim()}\n`).join('\n')}`;
}

async function termsOf(name: string, directory: string, project: string): Promise<readonly string[]> {
  const read = (path: string) => readFile(path, 'utf8');
  const files = (await readdir(directory)).filter((file) => TERMS.test(file)).sort();
  const elsewhere = files.length > 0 ? undefined : TERMS_IN_SOURCES[name];
  if (elsewhere === undefined) return Promise.all(files.map((file) => read(join(directory, file))));
  const heads = await Promise.all(
    elsewhere.heads.map(async (file) => headOf(await read(join(directory, file)))),
  );
  return elsewhere.apache ? [...heads, await read(join(project, 'LICENSE'))] : heads;
}

/** The comment with which a source begins. */
function headOf(source: string): string {
  return /^(\/\/.*\n)*/.exec(source)?.[0].replaceAll(/^\/\/ ?/gm, '') ?? '';
}
