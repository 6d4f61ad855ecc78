import { open } from 'node:fs/promises';
import { isErrno } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { Status } from './status.ts';

/** The state of the appliance above the login prompt of its console. */
export interface Banner {
  /** Writes it when it says something new, and has the prompts that wait for a name show it. */
  show(status: Status): Promise<void>;
}

export interface BannerPaths {
  /** `/etc/issue.d/appliance-agent.issue` is a link to it. */
  readonly issue: string;
  /** `/run/agetty.reload`: agetty(8) shows its issue anew when this file is touched. */
  readonly gettyReload: string;
}

export function createBanner({ issue, gettyReload }: BannerPaths): Banner {
  let shown = '';
  return {
    async show(status) {
      const text = bannerText(status);
      if (text === shown) return;
      await writeFileAtomic(issue, text, { mode: 0o644, durable: false });
      shown = text;
      await touch(gettyReload);
    },
  };
}

/** With the escapes of agetty(8): \n the host name, \4 and \6 an address of it; they are filled in when it is shown. */
export function bannerText({ overall, problems, provisioning, agentVersion }: Status): string {
  const serious = problems.filter(({ severity }) => severity !== 'info');
  const step = provisioning.steps.find(({ state }) => state !== 'done');
  const words =
    serious.length > 0
      ? serious.map(({ title }) => title).join('; ')
      : step !== undefined
        ? `being set up: ${step.name}`
        : overall === 'ok'
          ? 'all services are serving'
          : 'not everything is known yet';
  // What a title says is not agetty's to interpret.
  const plain = words.replaceAll('\\', '/').slice(0, 300);
  return `appliance-agent ${agentVersion}: ${overall.toUpperCase()}, ${plain}\nReach it at: \\n  \\4  \\6\nMore: agentctl status\n\n`;
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
