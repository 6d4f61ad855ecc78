import { createHash } from 'node:crypto';
import type { Management } from './firewall.ts';
import type { ApplianceConfig } from './schema.ts';

/** SHA-256 (64 hex digits) of what a configuration means: comments, order and written-out defaults do not change it. */
export function configHash(config: ApplianceConfig): string {
  const { stack, elementCall, network, turn, capacity, healing, services, firewall, site } = config;
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
    services,
    capacity.participants,
    elementCall && [elementCall.domains, elementCall.certificates, [...elementCall.vpn.ranges].sort()],
    firewall.mode,
    managementHash(firewall.management),
    firewall.trial,
    site,
  ];
  return sha256(meaning);
}

/** The same of who may manage the machine: what a perimeter is confirmed for. */
export function managementHash({ networks, ports }: Management): string {
  return sha256([
    networks === 'any' ? networks : [...networks].sort(),
    ports.map(({ protocol, port }) => `${port}/${protocol}`).sort(),
  ]);
}

const sha256 = (meaning: readonly unknown[]) =>
  createHash('sha256').update(JSON.stringify(meaning)).digest('hex');
