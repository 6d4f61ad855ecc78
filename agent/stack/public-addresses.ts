import { isIPv4 } from 'node:net';
import type { ApplianceConfig } from '../config/schema.ts';

/**
 * The public IPv4 address in front of each of these addresses of this machine, where there is one: the only one for
 * all of them, or of several the one in the same place of the configuration.
 */
export function publicAddressesOf(
  network: Pick<ApplianceConfig['network'], 'addresses' | 'publicAddresses'>,
  hostAddresses: readonly string[],
): ReadonlyMap<string, string> {
  const [only, ...more] = network.publicAddresses.filter((address) => isIPv4(address));
  const publicOf = (host: string) =>
    more.length === 0 ? only : [only, ...more][network.addresses.indexOf(host)];
  return new Map(
    hostAddresses
      .filter((host) => !host.startsWith('127.'))
      .flatMap((host): [string, string][] => {
        const address = publicOf(host);
        return address === undefined ? [] : [[host, address]];
      }),
  );
}
