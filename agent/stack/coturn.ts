import type { ApplianceConfig } from '../config/schema.ts';
import type { ProbePlaces, ProbeSpec, ServiceDefinition } from './types.ts';

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
 * What shows that coturn serves: that it answers, and that it relays to the SFU. Not from loopback, where it waits while
 * the machine has no network: a cold boot without a cable is no fault of the relay.
 *
 * The SFU is named as clients name it. coturn replaces the address of this machine by the public one in front of it in
 * all that it tells (`external-ip`; stun_attr_add_addr in its ns_turn_msg.c): data of a peer that was named by the former
 * would come from somebody else.
 */
export function coturnProbes(
  { host, publicHost }: ProbePlaces,
  sfu: { readonly port: number; readonly echo: boolean },
): readonly ProbeSpec[] {
  const binding = { kind: 'stun', host, port: TURN_PORT } as const;
  if (host.startsWith('127.')) return [binding];
  const relay = (transport: 'udp' | 'tcp') =>
    ({
      kind: 'turn-relay',
      host,
      port: TURN_PORT,
      transport,
      peer: { address: publicHost, port: sfu.port },
      echo: sfu.echo,
    }) as const;
  return [binding, relay('udp'), relay('tcp')];
}
