import { join } from 'node:path';
import { sha256OfFile } from '../../stack/images.ts';
import { readFileIfPresent } from '../../system/files.ts';
import { disproved, type Proof, someOf } from './proof.ts';

const HINT = 'Install it again from its bundle: `sudo ./install.sh --live`, or `--root DIR` for an image.';

/** Every file of the installed release is as it was built. `folder`: the link to it, `/opt/appliance-agent/current`. */
export function releaseProof(folder: string): Proof {
  return {
    check: 'release',
    async prove() {
      const list = await readFileIfPresent(join(folder, 'SHA256SUMS'));
      const version = await readFileIfPresent(join(folder, 'VERSION'));
      if (list === null || version === null) throw disproved(`there is no release at ${folder}`, HINT);
      const files = parseChecksums(list);
      const damaged: string[] = [];
      for (const { path, sha256 } of files)
        if ((await sha256OfFile(join(folder, path))) !== sha256) damaged.push(path);
      if (damaged.length > 0) throw disproved(`not as they were built: ${someOf(damaged)}`, HINT);
      return `${version.trim()}: ${files.length} files as they were built`;
    },
  };
}

/** The lines of a checksum file as sha256sum(1) writes it. */
export function parseChecksums(text: string): { readonly path: string; readonly sha256: string }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, sha256, path] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      if (sha256 === undefined || path === undefined)
        throw disproved(`SHA256SUMS has a line that is not a checksum: ${line.slice(0, 80)}`, HINT);
      return { path, sha256 };
    });
}
