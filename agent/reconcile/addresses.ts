import { isIPv4 } from 'node:net';
import type { ApplianceConfig } from '../config/schema.ts';
import type { EngineNetwork } from '../engine/types.ts';
import { BRIDGE, LOCKED_BRIDGE } from '../stack/types.ts';
import type { HostAddress } from './types.ts';

/** Listening nowhere is no configuration; with no network yet the relay waits on loopback. */
const NO_NETWORK: readonly string[] = ['127.0.0.1'];

/** The addresses, of both families, by which others reach this host: not loopback, not link-local, not a container bridge. */
export function reachableAddresses(
  addresses: readonly HostAddress[],
  networks: readonly EngineNetwork[],
): readonly HostAddress[] {
  const bridges = new Set(['docker0', BRIDGE, LOCKED_BRIDGE, ...networks.map((network) => network.bridge)]);
  return addresses
    .filter(({ interfaceName }) => !bridges.has(interfaceName) && !/^br-[0-9a-f]{12}$/.test(interfaceName))
    .filter(({ address }) => !/^(127\.|169\.254\.|::1$|fe80:)/.test(address));
}

/** The addresses of this host on which coturn may listen; it serves IPv4 alone. */
export function relayAddresses(reachable: readonly HostAddress[]): readonly string[] {
  return reachable
    .map(({ address }) => address)
    .filter((address) => isIPv4(address))
    .sort();
}

/**
 * The addresses that coturn is configured with. A new one is taken up at once, at the price of a restart of the
 * relay; one that went away changes nothing while coturn runs: what relayed over it is gone anyway, and the
 * other calls must not be.
 */
export function turnAddresses(input: {
  readonly wanted: ApplianceConfig['network']['addresses'];
  readonly reachable: readonly string[];
  readonly configured: readonly string[] | null;
  readonly coturnRuns: boolean;
}): readonly string[] {
  const { wanted, reachable, configured, coturnRuns } = input;
  const usable = wanted === 'auto' ? reachable : wanted.filter((address) => reachable.includes(address));
  const needed = usable.length === 0 ? NO_NETWORK : usable;
  const nothingNew = configured !== null && needed.every((address) => configured.includes(address));
  return coturnRuns && configured !== null && (nothingNew || usable.length === 0) ? configured : needed;
}
