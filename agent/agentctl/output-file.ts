import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AgentError } from '../system/errors.ts';

/** The full path of a file that is to be written. Error: USAGE, when it is a folder, or there is none for it. */
export function outputFile(path: string): string {
  const file = resolve(path);
  if (isFolder(file)) throw misused(`${file} is a folder`, 'Give the name of a file in it.');
  const folder = dirname(file);
  if (!isFolder(folder))
    throw misused(`There is no folder ${folder}`, 'Make it, or mount what it is to be on, first.');
  return file;
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const misused = (message: string, hint: string) => new AgentError({ code: 'USAGE', message, hint });
