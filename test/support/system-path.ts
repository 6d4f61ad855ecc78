import { delimiter, sep } from 'node:path';

/**
 * PATH without the programs of npm packages, which npm and npx put first: one of them is called `nft` (it traces the
 * files of Node programs), exits 0 on any nft(8) command line, and changes nothing. An appliance has none of them.
 */
export function systemPath(path = process.env.PATH ?? ''): string {
  return path
    .split(delimiter)
    .filter((directory) => !directory.endsWith(`node_modules${sep}.bin`))
    .join(delimiter);
}
