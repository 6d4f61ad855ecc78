import { realpath } from 'node:fs/promises';
import { AgentError } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';

/**
 * The copyright files of the Debian packages that these files of this machine come from: Debian Policy 12.5 has one in
 * each package, and what is copied out of a package must carry it. Files of no package (the pinned Node) have none here.
 * Error: IMAGE_SOURCE_MISSING.
 */
export async function copyrightFiles(run: Run, files: readonly string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const file of files) {
    // dpkg knows a file by the name that its package gave it, which may be on either side of the merged /usr.
    for (const path of [file, await realpath(file)])
      names.add(path).add(path.startsWith('/usr/') ? path.slice('/usr'.length) : `/usr${path}`);
  }
  // Exits 1 when it does not know one of them; those that it knows are printed nevertheless.
  const { stdout, stderr, exitCode } = await run('dpkg-query', ['--search', ...names], {
    timeoutMs: 30_000,
    env: { LC_ALL: 'C' },
  });
  if (exitCode !== 0 && exitCode !== 1) {
    throw new AgentError({
      code: 'IMAGE_SOURCE_MISSING',
      message: `dpkg cannot tell where the files of an image come from: ${stderr.trim().slice(0, 500)}`,
      hint: 'Look at the database of dpkg: dpkg --audit.',
    });
  }
  return parseSearch(stdout).map((name) => `/usr/share/doc/${name}/copyright`);
}

/** The packages in the output of `dpkg-query --search`, `libc6:amd64: /lib/…`, without their architecture; sorted. */
export function parseSearch(output: string): string[] {
  const names = output
    .split('\n')
    .flatMap((line) => /^([a-z0-9][a-z0-9.+-]*)(?::[a-z0-9-]+)?: \//.exec(line)?.[1] ?? []);
  return [...new Set(names)].sort();
}
