import { join } from 'node:path';
import { ALLOCATIONS_A_PARTICIPANT } from '../config/element-call.ts';
import type { ApplianceConfig } from '../config/schema.ts';
import { TURN_PORT } from './coturn.ts';
import { publicAddressesOf } from './public-addresses.ts';
import { TURN_DATABASE } from './turn-database.ts';

/** Below `Paths.rendered` and below `/etc` of the container. */
export const TURNSERVER_CONF = 'coturn/turnserver.conf';

/** A participant who joins anew has the old allocations for a while: this bounds what a stolen credential can take. */
const USER_QUOTA = 3 * ALLOCATIONS_A_PARTICIPANT;

/**
 * coturn's configuration, for Debian's 4.6.1 (turnserver(1)) and later.
 *
 * It listens on and relays from the named addresses only: without them it takes every address, bridges and loopback
 * included. Relay peers are denied but for the host's own addresses, behind which the SFU is published: coturn checks
 * the peer before the kernel translates it. All it writes is below /tmp, which is a tmpfs. No secret is in it: see
 * `turnDatabaseText`.
 */
export function turnserverConf(input: {
  readonly config: ApplianceConfig;
  readonly addresses: readonly string[];
}): string {
  const { config, addresses } = input;
  const publicAddresses = publicAddressesOf(config.network, addresses);
  return [
    '# Written by appliance-agent; changes are overwritten.',
    `listening-port=${TURN_PORT}`,
    ...addresses.map((address) => `listening-ip=${address}`),
    ...addresses.map((address) => `relay-ip=${address}`),
    // Behind 1:1 NAT clients are told the public address of their relay.
    ...[...publicAddresses].map(([address, publicAddress]) => `external-ip=${publicAddress}/${address}`),
    `min-port=${config.turn.relayPorts.from}`,
    `max-port=${config.turn.relayPorts.to}`,
    '',
    `realm=${config.turn.realm}`,
    'fingerprint',
    'use-auth-secret',
    'stale-nonce=600',
    `user-quota=${USER_QUOTA}`,
    `total-quota=${config.capacity.participants * ALLOCATIONS_A_PARTICIPANT}`,
    '',
    '# No listener but 3478: DTLS, TLS and the command line are on by default up to 4.6.',
    'no-tls',
    'no-dtls',
    'no-cli',
    'no-rfc5780',
    'no-software-attribute',
    '',
    'no-tcp-relay',
    'no-multicast-peers',
    'denied-peer-ip=0.0.0.0-255.255.255.255',
    'denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ...addresses.map((address) => `allowed-peer-ip=${address}`),
    ...new Set([...publicAddresses.values()].map((address) => `allowed-peer-ip=${address}`)),
    '',
    `userdb=${join('/etc', TURN_DATABASE)}`,
    'pidfile=/tmp/turnserver.pid',
    'log-file=stdout',
    'simple-log',
    '',
  ].join('\n');
}
