import { join } from 'node:path';
import { isErrno } from '../../system/errors.ts';
import { readKernelFile } from '../../system/files.ts';
import type { Run } from '../../system/processes.ts';
import { pathExists } from './clock.ts';

/** Absolute: users without root do not have /usr/sbin on their PATH. */
export const IPTABLES = '/usr/sbin/iptables';
/** Each family's program, what it finds its legacy tables by, and both back ends by name (iptables(8)). */
const FAMILIES = [
  { family: 'ip', program: IPTABLES, legacy: 'ip_tables_names' },
  { family: 'ip6', program: '/usr/sbin/ip6tables', legacy: 'ip6_tables_names' },
] as const;

/** The filter rules of one iptables, in the words of its `-S`. */
export interface FilterListing {
  readonly family: 'ip' | 'ip6';
  readonly program: string;
  readonly rules: string;
}

/**
 * The filter rules of every iptables whose rules are in force, and of every ip6tables where the kernel has IPv6. What
 * `iptables` means may differ from what Docker uses: where the kernel has legacy tables, both back ends are asked; to list
 * those elsewhere would make them. Needs root; each part is bounded to 10 s. Rejects in words for people.
 */
export async function listFilterRules(
  run: Run,
  netDirectory = '/proc/net',
): Promise<readonly FilterListing[]> {
  const hasIpv6 = await pathExists(join(netDirectory, 'if_inet6'));
  const listings = FAMILIES.filter(({ family }) => family === 'ip' || hasIpv6).map(
    async ({ family, program, legacy }) => {
      const both = [`${program}-legacy`, `${program}-nft`];
      const programs = hasLegacyFilter(join(netDirectory, legacy)) ? both : [program];
      return Promise.all(
        programs.map(async (one) => ({ family, program: one, rules: await rulesOf(run, one) })),
      );
    },
  );
  return (await Promise.all(listings)).flat();
}

async function rulesOf(run: Run, program: string): Promise<string> {
  const result = await run(program, ['-w', '5', '-S'], { timeoutMs: 10_000 });
  if (result.exitCode === 0) return result.stdout;
  if (result.stderr.includes('you must be root')) throw new Error('needs root');
  const words = result.stderr.trim().slice(0, 300);
  throw new Error(`${programName(program)} -S exited ${result.exitCode}: ${words}`);
}

/** `iptables-legacy` of its path. */
export const programName = (program: string) => program.slice(program.lastIndexOf('/') + 1);

/** Whether the kernel has a filter table of iptables-legacy, of whose changes nothing tells. */
export function hasLegacyTables(netDirectory = '/proc/net'): boolean {
  return FAMILIES.some(({ legacy }) => hasLegacyFilter(join(netDirectory, legacy)));
}

/** Without such a module there is no such file. */
function hasLegacyFilter(path: string): boolean {
  try {
    return readKernelFile(path)?.split('\n').includes('filter') ?? false;
  } catch (error) {
    // Not root: then iptables itself says so.
    if (isErrno(error, 'EACCES')) return false;
    throw error;
  }
}
