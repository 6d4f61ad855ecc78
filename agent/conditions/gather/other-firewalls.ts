import { join } from 'node:path';
import { describeError } from '../../system/errors.ts';
import { namesIn, readFileIfPresent } from '../../system/files.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';
import { pathExists } from './clock.ts';

/**
 * What else on this machine writes firewall rules, by its files below `root` ('' for this machine). Files and not
 * services: a service that is off now comes back with the next boot. Needs no root.
 */
export async function gatherOtherFirewalls(root = ''): Promise<Facts['otherFirewalls']> {
  try {
    const enabled = await enabledUnits(join(root, '/etc/systemd/system'));
    const nftablesConf = await readFileIfPresent(join(root, '/etc/nftables.conf'));
    const ufwConf = await readFileIfPresent(join(root, '/etc/ufw/ufw.conf'));
    const firewalldRuns = await pathExists(join(root, '/run/firewalld.pid'));
    return known({
      flushing:
        enabled.has('nftables.service') && says(nftablesConf, /^\s*flush\s+ruleset\b/m)
          ? 'nftables.service is enabled, and /etc/nftables.conf says `flush ruleset`'
          : null,
      ufw: says(ufwConf, /^\s*ENABLED\s*=\s*["']?yes\b/im) ? '/etc/ufw/ufw.conf says ENABLED=yes' : null,
      firewalld: enabled.has('firewalld.service')
        ? 'firewalld.service is enabled'
        : firewalldRuns
          ? 'firewalld runs: it has written /run/firewalld.pid'
          : null,
    });
  } catch (error) {
    return unknown(describeError(error));
  }
}

const says = (text: string | null, pattern: RegExp) => text !== null && pattern.test(text);

/** Units that some target wants (systemd.unit(5)): `systemctl enable` makes a link in its folder. */
async function enabledUnits(directory: string): Promise<ReadonlySet<string>> {
  const folders = (await namesIn(directory)).filter((name) => /\.(wants|requires)$/.test(name));
  return new Set((await Promise.all(folders.map((folder) => namesIn(join(directory, folder))))).flat());
}
