import { open } from 'node:fs/promises';
import { readSiteRecord } from '../provision/site/record.ts';
import { isErrno } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import { whileUnchanged } from '../system/while-unchanged.ts';
import { notYetServing } from './not-yet-serving.ts';
import type { Status } from './status.ts';

/** The state of the appliance above the login prompt of its console. */
export interface Banner {
  /**
   * Writes it when it says something new, and has the prompts that wait for a name show it. `addresses`: those by which
   * others reach the machine.
   */
  show(status: Status, addresses: readonly string[]): Promise<void>;
}

export interface BannerPaths {
  /** `/etc/issue.d/appliance-agent.issue` is a link to it. */
  readonly issue: string;
  /** `/run/agetty.reload`: agetty(8) shows its issue anew when this file is touched. */
  readonly gettyReload: string;
  /** What appliance-agent-site.service wrote: whether the machine is announced by its name. */
  readonly siteRecord: string;
}

export function createBanner({ issue, gettyReload, siteRecord }: BannerPaths): Banner {
  const readSite = whileUnchanged([siteRecord], () => readSiteRecord(siteRecord));
  let shown = '';
  return {
    async show(status, addresses) {
      const site = await readSite();
      const text = bannerText(status, addresses, site !== null && site.announcedBy !== null);
      if (text === shown) return;
      await writeFileAtomic(issue, text, { mode: 0o644, durable: false });
      shown = text;
      await touch(gettyReload);
    },
  };
}

/**
 * With an escape of agetty(8): \n is the host name, filled in when it is shown. Not with \4 and \6: they may be the
 * address of a container bridge, by which nobody reaches the machine. `announced`: whether mDNS leads to the name.
 */
export function bannerText(
  { overall, problems, provisioning, services, agentVersion }: Status,
  addresses: readonly string[],
  announced: boolean,
): string {
  const serious = problems.filter(({ severity }) => severity !== 'info');
  const step = provisioning.steps.find(({ state }) => state !== 'done');
  const words =
    serious.length > 0
      ? serious.map(({ title }) => title).join('; ')
      : step !== undefined
        ? `being set up: ${step.name}`
        : (notYetServing(services) ??
          (overall === 'ok' ? 'all services are serving' : 'not everything is known yet'));
  // What a title says is not agetty's to interpret.
  const plain = words.replaceAll('\\', '/').slice(0, 300);
  const where = addresses.length === 0 ? 'no network yet' : addresses.join('  ');
  const name = announced ? '\\n.local' : '\\n';
  return `appliance-agent ${agentVersion}: ${overall.toUpperCase()}, ${plain}\nReach it at: ${name}  ${where}\nMore: agentctl status\n\n`;
}

/** As `agetty --reload` does. Where no console waits, there is no such file, and none is made. */
async function touch(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      const now = new Date();
      await file.utimes(now, now);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
