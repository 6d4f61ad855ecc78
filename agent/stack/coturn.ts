import type { ApplianceConfig } from '../config/schema.ts';
import type { ServiceDefinition } from './types.ts';

/**
 * The user of coturn, and of nothing else on the machine: the firewall knows the relay's packets by it. No system hands
 * this number out: it is above 65535, where systemd's and Debian's ranges end, and below 100000, where those of
 * containers begin.
 */
export const RELAY_USER = { uid: 73478, gid: 73478 };

export const COTURN = 'coturn';
/** IANA's port for STUN and TURN (RFC 8656). */
export const TURN_PORT = 3478;

/** coturn, on the host network: it opens and closes ports of its range by the hundred. */
export function coturnService({ turn }: Pick<ApplianceConfig, 'turn'>): ServiceDefinition {
  return {
    name: COTURN,
    network: 'host',
    published: [],
    open: [
      { protocol: 'udp', from: TURN_PORT, to: TURN_PORT, service: COTURN },
      { protocol: 'tcp', from: TURN_PORT, to: TURN_PORT, service: COTURN },
      { protocol: 'udp', ...turn.relayPorts, service: COTURN },
    ],
    dependsOn: [],
    relay: { uid: RELAY_USER.uid, port: TURN_PORT },
  };
}

/**
 * Whether coturn, asked at this address, can relay to the SFU: not from loopback, where it waits while the machine has
 * no network. A cold boot without a cable is no fault of the relay.
 */
export const canRelayFrom = (host: string): boolean => !host.startsWith('127.');
