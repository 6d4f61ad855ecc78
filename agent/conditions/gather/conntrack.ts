import { join } from 'node:path';
import { describeError } from '../../system/errors.ts';
import { readKernelFile } from '../../system/files.ts';
import { known, unknown } from '../findings.ts';
import type { Facts } from '../types.ts';

/**
 * How many connections the kernel tracks in this network namespace, and how many it may: nf_conntrack-sysctl of the
 * kernel's documentation. Needs no root.
 */
export async function gatherConntrack(directory = '/proc/sys/net/netfilter'): Promise<Facts['conntrack']> {
  try {
    const [count, max] = ['nf_conntrack_count', 'nf_conntrack_max'].map((name) =>
      readNumber(join(directory, name)),
    );
    if (count == null || max == null) return unknown('the kernel does not track connections here (yet)');
    return known({ count, max });
  } catch (error) {
    return unknown(describeError(error));
  }
}

/** Null when there is no such file, or no number in it. */
function readNumber(path: string): number | null {
  const text = readKernelFile(path)?.trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : null;
}
