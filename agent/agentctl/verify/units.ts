import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../system/errors.ts';
import { namesIn, readFileIfPresent } from '../../system/files.ts';
import { disproved, type Proof } from './proof.ts';

const HINT = 'Run install.sh again: it places and enables the units.';

/** Started by the next boot; of the release itself are those that it has. The rest is Debian's. */
const ENABLED = [
  'appliance-agent.service',
  'appliance-agent-firewall.service',
  'appliance-agent-tune.service',
  'appliance-agent-site.service',
  'appliance-agent-site.path',
  'docker.service',
];

/** A limit of ours to a unit of others: without it a boot without a network waits for one. */
const DROP_IN = 'network-online.target.d/appliance-agent.conf';

export interface UnitFolders {
  /** Of the release, e.g. `/opt/appliance-agent/current/units`. */
  readonly shipped: string;
  /** `/etc/systemd/system`. */
  readonly installed: string;
}

/** The units are there as the release has them, and the next boot starts them. */
export function unitsProof({ shipped, installed }: UnitFolders): Proof {
  return {
    check: 'units',
    async prove() {
      for (const name of [...ENABLED, DROP_IN]) {
        const ours = await readFileIfPresent(join(shipped, name));
        if (ours !== null && ours !== (await readFileIfPresent(join(installed, name))))
          throw disproved(`${join(installed, name)} is not the one of the release`, HINT);
      }
      const links = await linksBelow(installed);
      for (const name of ENABLED) {
        if (await isMasked(join(installed, name))) {
          throw disproved(`${name} is masked`, `Unmask it: \`sudo systemctl unmask ${name}\``);
        }
        if (!links.has(name))
          throw disproved(`${name} is not enabled: the next boot would not start it`, HINT);
      }
      return `${ENABLED.join(', ')} are enabled; nothing waits more than 10 s for a network`;
    },
  };
}

/** The names in all `*.wants` and `*.requires` folders: what enabling a unit is (systemd.unit(5)). */
async function linksBelow(directory: string): Promise<Set<string>> {
  const folders = (await namesIn(directory)).filter((name) => /\.(wants|requires)$/.test(name));
  const names = await Promise.all(folders.map((folder) => namesIn(join(directory, folder))));
  return new Set(names.flat());
}

async function isMasked(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink() && (await readlink(path)) === '/dev/null';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
