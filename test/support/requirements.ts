import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { systemPath } from './system-path.ts';

export interface Needs {
  /** The test must run as root. */
  readonly root?: boolean;
  /** Programs that must be on PATH, e.g. `nft`. */
  readonly commands?: readonly string[];
  /** What this machine's processor must be, in Node's words, e.g. `x64`. */
  readonly arch?: NodeJS.Architecture;
}

/** Set by `test/run.ts` to the reason why a whole tier cannot run here. */
export const SKIP_VARIABLE = 'APPLIANCE_AGENT_TEST_SKIP';

/** Set by `test/run.ts` to the Debian whose programs a tier runs on, where that is not this machine's. */
export const DEBIAN_VARIABLE = 'APPLIANCE_AGENT_TEST_DEBIAN';

/** Set by `test/run.ts` to a folder of its own for each run of a tier. */
export const TIER_DIRECTORY_VARIABLE = 'APPLIANCE_AGENT_TEST_TIER_DIRECTORY';

/** Why a test with these needs cannot run on this machine; null when it can. */
export function needs(what: Needs): string | null {
  const tierReason = process.env[SKIP_VARIABLE];
  if (tierReason) return tierReason;
  if (what.root === true && process.getuid?.() !== 0) return 'needs root (run: sudo npm test)';
  if (what.arch !== undefined && what.arch !== process.arch)
    return `needs a processor of the kind ${what.arch}`;
  const missing = (what.commands ?? []).filter((command) => !isOnPath(command));
  return missing.length === 0 ? null : `needs ${missing.join(', ')} (run: sudo sh test/setup.sh)`;
}

function isOnPath(command: string): boolean {
  return systemPath()
    .split(delimiter)
    .some((directory) => isExecutable(join(directory, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
