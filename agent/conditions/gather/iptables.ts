import { readFile } from 'node:fs/promises';
import { isErrno } from '../../system/errors.ts';
import type { Run } from '../../system/processes.ts';

/** Absolute: users without root do not have /usr/sbin on their PATH. */
export const IPTABLES = '/usr/sbin/iptables';
/** Both back ends by name (iptables(8), update-alternatives(1)): what `iptables` means may differ from what Docker uses. */
const BOTH = ['/usr/sbin/iptables-legacy', '/usr/sbin/iptables-nft'] as const;

/** The filter rules of one iptables, in the words of its `-S`. */
export interface FilterListing {
  readonly program: string;
  readonly rules: string;
}

/**
 * The filter rules of every iptables whose rules are in force. The legacy tables are looked at only where the kernel
 * has them: to list them would make them. Needs root; each part is bounded to 10 s. Rejects in words for people.
 */
export async function listFilterRules(
  run: Run,
  legacyTables = '/proc/net/ip_tables_names',
): Promise<readonly FilterListing[]> {
  const programs = (await hasLegacyFilter(legacyTables)) ? BOTH : [IPTABLES];
  return Promise.all(
    programs.map(async (program) => {
      const result = await run(program, ['-w', '5', '-S'], { timeoutMs: 10_000 });
      if (result.exitCode === 0) return { program, rules: result.stdout };
      if (result.stderr.includes('you must be root')) throw new Error('needs root');
      throw new Error(`iptables -S exited ${result.exitCode}: ${result.stderr.trim().slice(0, 300)}`);
    }),
  );
}

/** `iptables-legacy` of its path. */
export const programName = (program: string) => program.slice(program.lastIndexOf('/') + 1);

async function hasLegacyFilter(path: string): Promise<boolean> {
  try {
    return (await readFile(path, 'utf8')).split('\n').includes('filter');
  } catch (error) {
    // No such module, or not root: then iptables itself says so.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'EACCES')) return false;
    throw error;
  }
}
