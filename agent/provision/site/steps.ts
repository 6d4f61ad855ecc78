import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SiteConfig } from '../../config/site.ts';
import { AgentError } from '../../system/errors.ts';
import { namesIn, readFileIfPresent, writeFileAtomic } from '../../system/files.ts';
import { type Run, runOk } from '../../system/processes.ts';
import { announcement, networkDropIns, type Responder, type SiteFile } from './announcement.ts';
import { hostsNaming, wantedName } from './machine-name.ts';

export interface SitePorts {
  readonly run: Run;
  /** What stands before each path: '' on a real machine. */
  readonly root: string;
}

/** Where systemd-networkd's configuration is that is this machine's own: written by hand, or by a generator at boot. */
const NETWORKS = ['/etc/systemd/network', '/run/systemd/network'];

/** Gives the machine its name where it needs one. Resolves to the name when it was given one now, else to null. */
export async function nameMachine(
  { hostname }: SiteConfig,
  { run, root }: SitePorts,
): Promise<string | null> {
  const path = join(root, '/etc/hostname');
  const machineId = (await readFileIfPresent(join(root, '/etc/machine-id'))) ?? '';
  const wanted = async () => wantedName(hostname, (await readFileIfPresent(path)) ?? '', machineId);
  const name = await wanted();
  if (name === null) return null;
  const hosts = join(root, '/etc/hosts');
  await writeFileAtomic(hosts, hostsNaming((await readFileIfPresent(hosts)) ?? '', name), { mode: 0o644 });
  // Last: while the file does not say so, the next boot does all of it again.
  await writeFileAtomic(path, `${name}\n`, { mode: 0o644 });
  const hint = 'See: journalctl -u appliance-agent-site. The machine has the name after its next start.';
  await runOk(run, 'hostname', [name], { timeoutMs: 10_000, code: 'NAME_NOT_SET', hint });
  const left = await wanted();
  if (left === null) return name;
  throw new AgentError({ code: 'NAME_NOT_SET', message: `${path} does not say ${left}`, hint });
}

/**
 * Has the machine announced by this responder, by none with null. A responder is told to read its configuration again
 * when that changed. Resolves to the paths that changed.
 */
export async function announceMachine(
  responder: Responder | null,
  { run, root }: SitePorts,
): Promise<string[]> {
  const files = [...announcement(responder), ...networkDropIns(await ownNetworks(root), responder)];
  const changed: string[] = [];
  for (const file of files) if (await putFile(file, root)) changed.push(file.path);
  // Avahi reads its folder by itself.
  if (changed.some((path) => path.includes('/systemd/network/')))
    await restart('systemd-networkd.service', run);
  if (changed.some((path) => path.startsWith('/etc/systemd/')))
    await restart('systemd-resolved.service', run);
  return changed;
}

/** Only one that runs: seen with systemd 257, `try-restart` takes a start that waits for its turn in a boot away. */
async function restart(unit: string, run: Run): Promise<void> {
  const { exitCode } = await run('systemctl', ['is-active', '--quiet', unit], { timeoutMs: 10_000 });
  if (exitCode === 0) await run('systemctl', ['--no-block', 'restart', unit], { timeoutMs: 10_000 });
}

async function putFile({ path, content }: SiteFile, root: string): Promise<boolean> {
  const at = join(root, path);
  if ((await readFileIfPresent(at)) === content) return false;
  if (content === null) await rm(at);
  else await writeFileAtomic(at, content, { mode: 0o644 });
  return true;
}

async function ownNetworks(root: string) {
  const found: { path: string; content: string }[] = [];
  for (const folder of NETWORKS) {
    for (const name of await namesIn(join(root, folder))) {
      const path = join(folder, name);
      const content = name.endsWith('.network') ? await readFileIfPresent(join(root, path)) : null;
      if (content !== null) found.push({ path, content });
    }
  }
  return found;
}
