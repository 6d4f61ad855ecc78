import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Appliance } from './appliance.ts';

/**
 * Rejects when one of these values is where a secret must not be: in what others may read, in what is recorded, logged or
 * given away, in an argument of a process, or in what the engine tells of a container.
 */
export async function assertNowhere(appliance: Appliance, values: readonly string[]): Promise<void> {
  const { paths, machine, docker } = appliance;
  const refuse = (text: Buffer | string, where: string) => {
    if (values.some((value) => text.includes(value))) throw new Error(`a secret is in ${where}`);
  };
  const folder = join(machine.root, 'bundle');
  await mkdir(folder);
  await appliance.agentctl('support-bundle', '--output', join(folder, 'bundle.tar.gz'));
  const files = [paths.stateDirectory, paths.runDirectory, paths.rendered, folder].map(async (directory) =>
    (await readdir(directory, { withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => join(directory, name)),
  );
  const seen = (await Promise.all(files)).flat();
  for (const name of ['state.db', 'status.json', 'events.json', 'compose.yaml', 'bundle.tar.gz']) {
    if (!seen.some((path) => path.endsWith(name))) throw new Error(`${name} was not looked at`);
  }
  for (const path of seen) {
    const content = await readFile(path);
    refuse(path.endsWith('.gz') ? await promisify(gunzip)(content) : content, path);
  }
  refuse(appliance.agent().output(), 'the log of the agent');
  const { stdout } = await machine.inHost('ps', ['-eo', 'args', '-ww']);
  refuse(stdout, 'the arguments of a process');
  const containers = (await docker('ps', '--all', '--quiet')).trim().split('\n');
  refuse(await docker('inspect', ...containers), 'what the engine tells of a container');
  const logs = (await docker('inspect', '--format', '{{.LogPath}}', ...containers)).trim().split('\n');
  for (const path of logs) refuse(await readFile(path), path);
}
