import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type RunResult, run } from '../../agent/system/processes.ts';
import type { Suite } from '../support/debian-root.ts';
import { awaitBoot, type Container, shell, startContainer, stopContainer } from './container.ts';
import { makeFreshRoot } from './fresh-root.ts';
import { type RegistryProxy, startRegistryProxy } from './registry-proxy.ts';
import { HOST_ADDRESS, MACHINE_ADDRESS, makeLink, plugIn, removeLink } from './wire.ts';

export interface FreshMachine {
  /** Its root directory, seen from this machine. */
  readonly root: string;
  /** Its address on the wire to this machine. */
  readonly address: string;
  /** Runs a shell script as root in the machine. */
  sh(script: string, timeoutMs?: number): Promise<RunResult>;
  destroy(): Promise<void>;
}

export const DIRECTORY = resolve(import.meta.dirname, '../../.cache/install/machines');

/**
 * A bare Debian as a system container: its own processes, network, cgroups and root. `init: 'systemd'` boots it;
 * `init: 'none'` starts no service manager, as in a container or on a development machine.
 */
export async function freshMachine(options: {
  suite: Suite;
  init: 'systemd' | 'none';
}): Promise<FreshMachine> {
  await removeAbandoned();
  const root = await mkdtemp(join(DIRECTORY, `${options.suite}-`));
  let proxy: RegistryProxy | null = null;
  let container: Container | null = null;
  const destroy = async () => {
    if (container !== null) await stopContainer(container);
    await proxy?.close();
    await removeLink();
    await rm(root, { recursive: true, force: true });
  };
  try {
    await makeLink();
    proxy = await startRegistryProxy(HOST_ADDRESS);
    await makeFreshRoot(root, { suite: options.suite, proxy: `http://${HOST_ADDRESS}:${proxy.port}` });
    const started = await startContainer(root, options.init);
    container = started;
    await plugIn(started.leader);
    if (options.init === 'systemd') await awaitBoot(started);
    return {
      root,
      address: MACHINE_ADDRESS,
      sh: (script, timeoutMs) => shell(started, script, timeoutMs),
      destroy,
    };
  } catch (error) {
    await destroy();
    throw error;
  }
}

/** What a test run that was killed left: its container (named by its root), its wire, its root. */
export async function removeAbandoned(): Promise<void> {
  const left = await run('pgrep', ['-f', `^systemd-nspawn .*--directory=${DIRECTORY}/`], {
    timeoutMs: 10_000,
  });
  for (const pid of left.stdout.split('\n').filter((line) => line !== '')) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    for (const leader of children.trim().split(' ')) process.kill(Number(leader), 'SIGKILL');
  }
  await removeLink();
  await rm(DIRECTORY, { recursive: true, force: true });
  await mkdir(DIRECTORY, { recursive: true });
}
