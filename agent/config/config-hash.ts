import { createHash } from 'node:crypto';
import type { ApplianceConfig } from './schema.ts';

/** SHA-256 (64 hex digits) of what a configuration means: comments, order and written-out defaults do not change it. */
export function configHash(config: ApplianceConfig): string {
  const { stack, elementCall, network, turn, capacity, healing } = config;
  const { publicAddresses } = network;
  // With several public addresses their order pairs them with the addresses of this machine.
  const ordered = publicAddresses.length > 1 || network.addresses === 'auto';
  const addresses = ordered ? network.addresses : [...network.addresses].sort();
  const meaning = [
    stack,
    addresses,
    network.subnet,
    network.subnet6,
    publicAddresses,
    turn.realm,
    turn.relayPorts.from,
    turn.relayPorts.to,
    healing,
    capacity.participants,
    elementCall && [elementCall.domains, elementCall.certificates, [...elementCall.vpn.ranges].sort()],
  ];
  return createHash('sha256').update(JSON.stringify(meaning)).digest('hex');
}
