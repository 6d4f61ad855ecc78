import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { run, runOk } from '../../agent/system/processes.ts';

export type Suite = 'bookworm' | 'trixie';

const MINUTE = 60_000;
const ROOTS = resolve(import.meta.dirname, '../../.cache/roots');

/** What the integration tests use beside what every Debian has. */
const PACKAGES = [
  'docker.io',
  'docker-cli',
  'nftables',
  'iptables',
  'conntrack',
  'iproute2',
  'procps',
  'coturn',
];

/** Changed together with `PACKAGES`, so that an old root is not used. */
const RECIPE = 1;

/** The folder of a Debian with the programs that the integration tests use; made once, in half a minute. */
export async function debianRoot(suite: Suite): Promise<string> {
  const root = join(ROOTS, `${suite}-${RECIPE}`);
  if (!existsSync(root)) await makeDebian(suite, { packages: PACKAGES, format: 'directory', target: root });
  return root;
}

/** Makes a minimal Debian from this machine's own archive; `target` is there when it is whole. */
export async function makeDebian(
  suite: Suite,
  options: { packages: readonly string[]; format: 'directory' | 'tar'; target: string },
): Promise<void> {
  const temporary = `${options.target}.new`;
  await mkdir(dirname(temporary), { recursive: true });
  await rm(temporary, { recursive: true, force: true });
  const args = ['--variant=minbase', `--include=${options.packages.join()}`, `--format=${options.format}`];
  await required('mmdebstrap', [...args, suite, temporary, await debianMirror()], 5 * MINUTE);
  await rename(temporary, options.target);
}

/** This machine's own archive, as apt reads it. */
async function debianMirror(): Promise<string> {
  const format = '$(ORIGIN)|$(COMPONENT)|$(LABEL)|$(REPO_URI)';
  const args = ['indextargets', '--format', format, 'Created-By: Packages'];
  const { stdout } = await required('apt-get', args, MINUTE);
  const line = stdout.split('\n').find((candidate) => candidate.startsWith('Debian|main|Debian|'));
  const mirror = line?.split('|').at(3);
  if (mirror === undefined) throw new Error('no Debian main archive in the apt sources of this machine');
  return mirror;
}

function required(command: string, args: readonly string[], timeoutMs: number) {
  const hint = 'The root of a test machine could not be made.';
  return runOk(run, command, args, { timeoutMs, code: 'TEST_MACHINE', hint });
}
