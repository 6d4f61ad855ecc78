import { access, chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * `/usr/local/bin/agentctl` is a link to this file: it finds its release through the link, so that the command and its
 * Node are always of one release.
 */
const AGENTCTL = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/node" "$here/../agentctl.js" "$@"
`;

/**
 * The agent rests nearly always: a small young generation and one arena of malloc(3), with fixed limits above which it
 * gives back what is freed (mallopt(3)), cost it nothing, and without compilers their code stays on the disk and none of
 * theirs is kept. V8's memory reducer collects each other minute what is hardly worth it: see system/give-back.ts. Figures:
 * docs/decisions.md.
 */
const AGENT = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=65536
exec "$here/node" --max-semi-space-size=1 --no-opt --no-maglev --no-sparkplug --optimize-for-size --no-memory-reducer --expose-gc "$here/../agent.js"
`;

/** The docs too: an appliance may be read about where there is no internet. */
const FOLDERS = ['migrations', 'units', 'firmware-profiles', 'docs'];

/** With its parts, so that an appliance can be rolled back and uninstalled without the medium that it came from. */
export const INSTALLER = ['install.sh', 'agent/release/install'];

/**
 * Puts what the programs need at run time into `output`: the pinned Node, SQLite's native addon for this platform, and
 * the folders that are data. Files only: modes are set here, so that the umask of the builder does not matter.
 */
export async function copyRuntime(project: string, output: string): Promise<void> {
  const platform = `linux-${process.arch}`;
  await copyProgram(
    join(project, 'node_modules', `node-${platform}`, 'bin', 'node'),
    join(output, 'bin', 'node'),
  );
  await writeProgram(join(output, 'bin', 'agentctl'), AGENTCTL);
  await writeProgram(join(output, 'bin', 'appliance-agent'), AGENT);
  await copySqlite(
    join(project, 'node_modules', 'better-sqlite3'),
    join(output, 'node_modules', 'better-sqlite3'),
    platform,
  );
  for (const path of [...FOLDERS, ...INSTALLER])
    await cp(join(project, path), join(output, path), { recursive: true });
  await copyFile(join(project, 'LICENSE'), join(output, 'LICENSE'));
}

async function copyProgram(source: string, target: string): Promise<void> {
  await mkdir(join(target, '..'), { recursive: true });
  await copyFile(source, target);
  await chmod(target, 0o755);
}

async function writeProgram(target: string, text: string): Promise<void> {
  await writeFile(target, text);
  await chmod(target, 0o755);
}

/** The loader and the prebuilt addon of one platform: the package ships eight, and the C source of SQLite. */
async function copySqlite(source: string, target: string, platform: string): Promise<void> {
  const addon = join('prebuilds', `${platform}.node`);
  await access(join(source, addon));
  await mkdir(join(target, 'prebuilds'), { recursive: true });
  await copyFile(join(source, addon), join(target, addon));
  await cp(join(source, 'lib'), join(target, 'lib'), { recursive: true });
  for (const file of ['package.json', 'LICENSE']) await copyFile(join(source, file), join(target, file));
}
