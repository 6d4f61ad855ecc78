import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Names under which packages carry the terms that must go with them. */
const TERMS = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

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
  const notices = await Promise.all(folders.map(noticeOf));
  await writeFile(join(output, 'THIRD-PARTY-NOTICES.txt'), notices.sort().join(`\n${'='.repeat(80)}\n\n`));
}

async function noticeOf(directory: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  if (license === undefined) throw new Error(`${name} ${version} declares no licence`);
  const files = (await readdir(directory)).filter((file) => TERMS.test(file)).sort();
  if (files.length === 0) throw new Error(`${name} ${version} (${license}) ships no text of its licence`);
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  return `${name} ${version}\nLicence: ${license}\n\n${texts.map((text) => `${text.trim()}\n`).join('\n')}`;
}
