import { join } from 'node:path';
import { isExecutable, PLUGIN_PATHS } from '../../engine/compose-plugin.ts';
import { disproved, type Proof } from './proof.ts';

/** What the agent and the engine run, and the Debian package that has it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  containerd: 'containerd',
  runc: 'runc',
  nft: 'nftables',
  iptables: 'iptables',
  conntrack: 'conntrack',
};
const FOLDERS = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'];

/** The programs are there; they are not run, for an image may be of another architecture. */
export function programsProof(root: string): Proof {
  return {
    check: 'programs',
    async prove() {
      for (const [program, debianPackage] of Object.entries(PROGRAMS)) {
        if (!(await isAnyThere(FOLDERS.map((folder) => join(root, folder, program)))))
          throw disproved(`there is no ${program}`, `Install it: \`sudo apt-get install ${debianPackage}\``);
      }
      if (!(await isAnyThere(PLUGIN_PATHS.map((path) => join(root, path)))))
        throw disproved(
          'there is no Docker Compose v2',
          'On Debian 13: `sudo apt-get install docker-compose`; on Debian 12 run install.sh again.',
        );
      return `${Object.keys(PROGRAMS).join(', ')} and Docker Compose are there`;
    },
  };
}

async function isAnyThere(paths: readonly string[]): Promise<boolean> {
  return (await Promise.all(paths.map(isExecutable))).includes(true);
}
