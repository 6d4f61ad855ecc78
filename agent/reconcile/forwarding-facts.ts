import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../system/errors.ts';
import { readKernelFile } from '../system/files.ts';

/** What the kernel does with IPv6, in the network namespace of this process. */
export interface Ipv6Facts {
  readonly forwarding: boolean;
  /** Interfaces that follow router advertisements only while this host does not forward (`accept_ra` is 1). */
  readonly routedByAdvertisement: readonly string[];
}

/** Reads the settings below /proc/sys/net/ipv6/conf (ip-sysctl); null on a kernel without IPv6. */
export async function readIpv6Facts(directory = '/proc/sys/net/ipv6/conf'): Promise<Ipv6Facts | null> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  });
  if (names === null) return null;
  // An interface may go away meanwhile.
  const setting = (name: string, key: string) => readKernelFile(join(directory, name, key))?.trim() ?? '';
  const interfaces = names.filter((name) => name !== 'all' && name !== 'default');
  return {
    forwarding: setting('all', 'forwarding') === '1',
    routedByAdvertisement: interfaces.filter((name) => setting(name, 'accept_ra') === '1'),
  };
}

/** Whether the kernel forwards IPv4 packets, in the network namespace of this process (ip-sysctl). */
export function forwardsIpv4(path = '/proc/sys/net/ipv4/ip_forward'): boolean {
  return readKernelFile(path)?.trim() === '1';
}
