import { type FileHandle, open, rm } from 'node:fs/promises';
import { isErrno } from '../../agent/system/errors.ts';
import { run, runOk } from '../../agent/system/processes.ts';
import type { Appliance } from './appliance.ts';

const system = (command: string, ...args: string[]) =>
  runOk(run, command, args, { timeoutMs: 60_000, code: 'TEST_MACHINE', hint: '' });

/** Stops the agent, and moves what it keeps, without the ballast, to a file system of its own: a tmpfs with these options. */
export async function keepStateOn({ agent, paths }: Appliance, options: string): Promise<void> {
  const { stateDirectory } = paths;
  await agent().stop();
  await rm(paths.ballast, { force: true });
  const aside = `${stateDirectory}.aside`;
  await system('cp', '--archive', stateDirectory, aside);
  await system('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', stateDirectory);
  await system('cp', '--archive', `${aside}/.`, stateDirectory);
  await rm(aside, { recursive: true });
}

/** `ro` or `rw`. Nobody may have a file on it open for writing. */
export const remountState = ({ paths }: Appliance, how: 'ro' | 'rw') =>
  system('mount', '-o', `remount,${how}`, paths.stateDirectory);

/** Leaves not a byte on a disk: a file system gives away whole blocks first, then what is left. */
export async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const bytes of [65_536, 4_096, 1]) await writeUntilFull(file, Buffer.alloc(bytes));
  } finally {
    await file.close();
  }
}

async function writeUntilFull(file: FileHandle, block: Buffer): Promise<void> {
  try {
    for (;;) await file.appendFile(block);
  } catch (error) {
    if (!isErrno(error, 'ENOSPC')) throw error;
  }
}
