import { isIPv6 } from 'node:net';
import { parseIpv6 } from '../nftables/addresses.ts';
import { parseNetwork } from './check-subnet.ts';
import { canonicalIpv6 } from './check-subnet6.ts';
import { type Checked, checkEach, describeValue, invalid, shorten, valid } from './checked.ts';
import type { Management, ManagementPort } from './firewall.ts';
import { formatIpv4 } from './ipv4.ts';

const NETWORK = 'use a network such as 192.0.2.0/24 or 2001:db8:7::/48';
const PORT = 'ports are 1 to 65535, e.g. 22 or 51820/udp';

/** `any`, or a list of distinct networks of either family; an address alone is a network of one. */
export function checkManagementNetworks(value: unknown): Checked<Management['networks']> {
  if (value === 'any') return valid(value);
  if (!Array.isArray(value))
    return invalid(
      `${describeValue(value)} is neither any nor a list`,
      'write any, or a list, e.g. [192.0.2.0/24]',
    );
  if (value.length === 0)
    return invalid(
      'the list is empty: nobody could manage this machine',
      'write any, or at least one network',
    );
  return checkEach(value, checkNetwork);
}

/** A list of distinct ports: a number alone is a TCP port. */
export function checkManagementPorts(value: unknown): Checked<readonly ManagementPort[]> {
  if (!Array.isArray(value))
    return invalid(`${describeValue(value)} is not a list`, 'write a list, e.g. [22]');
  if (value.length === 0)
    return invalid(
      'the list is empty: nobody could manage this machine',
      'list at least one port, e.g. [22]',
    );
  return checkEach(value, checkPort);
}

function checkNetwork(item: unknown, earlier: readonly string[]): Checked<string> {
  if (typeof item !== 'string') return invalid(`${describeValue(item)} is not a network`, NETWORK);
  const [address = '', length, ...more] = item.split('/');
  const whole = length === undefined ? (isIPv6(address) ? '128' : '32') : length;
  const written = more.length > 0 ? null : canonicalNetwork(address, whole);
  if (written === null) return invalid(`${shorten(item)} is not a network`, NETWORK);
  if (written !== `${canonicalIpv6(address)}/${whole}`)
    return invalid(`${item} has host bits set`, `the network is ${written}`);
  return earlier.includes(written)
    ? invalid(`${item} is listed twice`, 'list each network once')
    : valid(written);
}

/** The network that holds an address, without host bits; null when the two are none. */
function canonicalNetwork(address: string, length: string): string | null {
  const v4 = parseNetwork(`${address}/${length}`);
  if (v4 !== null) return `${formatIpv4(v4.base)}/${v4.prefix}`;
  const v6 = parseIpv6(address);
  if (v6 === null || !/^\d{1,3}$/.test(length) || Number(length) > 128) return null;
  const hostBits = BigInt(128 - Number(length));
  const groups = ((v6 >> hostBits) << hostBits).toString(16).padStart(32, '0').match(/.{4}/g) ?? [];
  return `${canonicalIpv6(groups.join(':'))}/${Number(length)}`;
}

function checkPort(item: unknown, earlier: readonly ManagementPort[]): Checked<ManagementPort> {
  const [, number = '', protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(String(item)) ?? [];
  const port = Number(number);
  if (port < 1 || port > 65535 || (protocol !== 'tcp' && protocol !== 'udp'))
    return invalid(`${describeValue(item)} is not a port`, PORT);
  return earlier.some((one) => one.port === port && one.protocol === protocol)
    ? invalid(`${String(item)} is listed twice`, 'list each port once')
    : valid({ protocol, port });
}
