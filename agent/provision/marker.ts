import type { Status } from '../control/status.ts';
import { describeError } from '../system/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../system/files.ts';

/** The file that says that this machine was brought up once: the last thing that provisioning writes. */
export interface ProvisionedMarker {
  /**
   * Writes it once every step is done; what is there stays. While it is missing the machine is still being brought up,
   * whatever boot this is: a power cut in between is followed by the same steps. Resolves to why it could not be
   * written, null else.
   */
  keep(status: Pick<Status, 'provisioning' | 'generatedAt' | 'agentVersion'>): Promise<string | null>;
}

export function createMarker(path: string): ProvisionedMarker {
  let written = false;
  return {
    async keep({ provisioning, generatedAt, agentVersion }) {
      if (written || provisioning.state !== 'done') return null;
      try {
        if ((await readFileIfPresent(path)) === null)
          await writeFileAtomic(path, `${generatedAt} appliance-agent ${agentVersion}\n`, { mode: 0o644 });
        written = true;
        return null;
      } catch (error) {
        // A full disk: the next round tries again.
        return `${path}: ${describeError(error)}`;
      }
    },
  };
}
