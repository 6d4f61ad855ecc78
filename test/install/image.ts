import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import Database from 'better-sqlite3';
import { packBundle } from '../../agent/release/pack-bundle.ts';
import { type RunResult, run } from '../../agent/system/processes.ts';
import { makeApplianceRoot } from './appliance-root.ts';
import { SHOW_KERNEL_BOOT_ID, shell, startContainer, stopContainer } from './container.ts';
import { DIRECTORY, type FreshMachine, removeAbandoned } from './fresh-machine.ts';
import { unpack } from './fresh-root.ts';
import { handOver, MACHINE_ADDRESS, makeLink, plugIn, removeLink } from './wire.ts';

export const PROJECT = resolve(import.meta.dirname, '../..');
const MINUTE = 60_000;

/** Everything of the project that a bundle is made from. */
const SOURCES = [
  'agent',
  'migrations',
  'units',
  'firmware-profiles',
  'docs',
  'install.sh',
  'LICENSE',
  'package.json',
];

/** Folders of this test: the image, bundles, clones of the image. Nothing of it is left when it ends. */
export interface Factory {
  readonly directory: string;
  readonly image: string;
  /** The folder of an unpacked bundle of the project as it is, and of the same with another version number. */
  readonly bundle: string;
  readonly newer: string;
  /** SHA-256 of two bundles of the same. */
  readonly sha256: readonly [string, string];
}

export async function makeFactory(): Promise<Factory> {
  await removeAbandoned();
  const directory = await mkdtemp(join(DIRECTORY, 'factory-'));
  const image = join(directory, 'image');
  await makeApplianceRoot(image);
  await configure(image);
  const first = await makeBundle(PROJECT, join(directory, 'first'));
  const again = await makeBundle(PROJECT, join(directory, 'again'));
  await rm(join(directory, 'again'), { recursive: true });
  const newer = await makeBundle(
    await projectOfVersion('99.0.0', join(directory, 'project')),
    join(directory, 'newer'),
  );
  return {
    directory,
    image,
    bundle: first.folder,
    newer: newer.folder,
    sha256: [first.sha256, again.sha256],
  };
}

/** As a factory does before the installer: the stack that needs nothing of the world. */
export async function configure(image: string): Promise<void> {
  await mkdir(join(image, 'etc/appliance-agent'), { recursive: true });
  await writeFile(join(image, 'etc/appliance-agent/appliance.yaml'), 'stack: embedded\n');
}

export async function removeFactory({ directory }: Factory): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/** Makes the bundle of a project and unpacks it. */
export async function makeBundle(
  project: string,
  output: string,
): Promise<{ folder: string; sha256: string }> {
  const { file, sha256 } = await packBundle(project, join(output, 'work'), output);
  await unpack(file, output);
  await rm(file);
  return { folder: file.replace(/\.tar$/, ''), sha256 };
}

/** The same sources under another version number: another release, with the same images. */
async function projectOfVersion(version: string, project: string): Promise<string> {
  await mkdir(project);
  for (const path of SOURCES) await cp(join(PROJECT, path), join(project, path), { recursive: true });
  await symlink(join(PROJECT, 'node_modules'), join(project, 'node_modules'));
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  await writeFile(join(project, 'package.json'), JSON.stringify({ ...manifest, version }));
  return project;
}

/** The installer of a bundle, run on this machine without any network, as on a factory line. */
export function installer(bundle: string, ...args: string[]): Promise<RunResult> {
  return run('unshare', ['--net', 'sh', join(bundle, 'install.sh'), ...args], { timeoutMs: 2 * MINUTE });
}

/** A root whose files nobody else writes to: `--reflink` where the file system can. */
export async function cloneImage({ directory, image }: Factory, name: string): Promise<string> {
  const clone = join(directory, name);
  await run('cp', ['--archive', '--reflink=auto', image, clone], { timeoutMs: 2 * MINUTE });
  return clone;
}

/** Not that the boot is over: a network that does not come may keep it from that. */
const SYSTEMD_ANSWERS = 'until systemctl list-jobs >/dev/null 2>&1; do sleep 0.2; done';

/** A booted clone. Until it is plugged in it has no network but its own loopback. */
export interface Clone extends FreshMachine {
  plugIn(): Promise<void>;
  /** To a machine that is plugged in, in place of the one that tests. */
  plugInto(): Promise<void>;
  /** Every process of it is gone from one moment to the next. */
  cutPower(): Promise<void>;
}

export async function boot(root: string): Promise<Clone> {
  endFormerBoot(root);
  const container = await startContainer(root, 'systemd');
  let plugged = false;
  let powered = true;
  const cutPower = async () => {
    if (!powered) return;
    powered = false;
    await stopContainer(container);
    if (plugged) await removeLink();
  };
  await shell(container, SYSTEMD_ANSWERS, 60_000);
  await shell(container, SHOW_KERNEL_BOOT_ID);
  return {
    root,
    address: MACHINE_ADDRESS,
    sh: (script, timeoutMs) => shell(container, script, timeoutMs),
    async plugIn() {
      await makeLink();
      plugged = true;
      await plugIn(container.leader);
    },
    plugInto: () => handOver(container.leader),
    cutPower,
    destroy: cutPower,
  };
}

/**
 * On a real machine every boot has an id of its own; of a container the agent sees this machine's, always the same, and
 * would take the power cuts for crashes of its own. What it noted last becomes a note of another boot.
 */
function endFormerBoot(root: string): void {
  const path = join(root, 'var/lib/appliance-agent/state.db');
  if (!existsSync(path)) return;
  const database = new Database(path);
  const noted = `UPDATE kv SET value = json_set(value, '$.bootId', 'a former boot') WHERE key = 'runs'`;
  database.prepare(noted).run();
  database.close();
}

/** Resolves when the machine's own status is ok; bounded. */
export async function serves(t: ExecutionContext, clone: FreshMachine): Promise<void> {
  const wait =
    'for i in $(seq 180); do agentctl status >/dev/null 2>&1 && exit 0; sleep 0.5; done; agentctl status; exit 1';
  const { exitCode, stdout, stderr } = await clone.sh(wait, 2 * MINUTE);
  if (exitCode !== 0)
    t.log(
      stdout,
      stderr,
      (await clone.sh('journalctl -b -u appliance-agent -u docker --no-pager | tail -40')).stdout,
    );
  t.is(exitCode, 0, 'it serves');
}
