import { createHmac } from 'node:crypto';

/** What a Debian is called until somebody gives it a name: nothing, or the default of its installer. */
const SAYS_NOTHING = ['', '(none)', 'localhost', 'localhost.localdomain', 'debian'];

/** Of this agent alone, and for ever the same: what names are made with. */
const APPLICATION = 'appliance-agent machine name';

/**
 * The name that a machine is to have, null to keep the one in /etc/hostname. What an operator gave it is never replaced,
 * unless the configuration says another.
 */
export function wantedName(configured: string, present: string, machineId: string): string | null {
  const wanted = configured === 'auto' ? nameOf(machineId) : configured;
  const keep = configured === 'auto' && !SAYS_NOTHING.includes(present.trim().toLowerCase());
  return keep || wanted === present.trim() ? null : wanted;
}

/**
 * `appliance-` and six digits of a keyed hash: the machine's id itself must not be told to a network (machine-id(5)).
 * Should two machines of one network have the same, mDNS gives the second another (RFC 6762 section 9).
 */
function nameOf(machineId: string): string {
  const hash = createHmac('sha256', Buffer.from(machineId.trim(), 'hex')).update(APPLICATION).digest('hex');
  return `appliance-${hash.slice(0, 6)}`;
}

/** /etc/hosts with the name at 127.0.1.1, where Debian puts it: else `sudo` waits for a resolver that knows it. */
export function hostsNaming(hosts: string, name: string): string {
  const lines = hosts.split('\n');
  const at = lines.findIndex((line) => /^127\.0\.1\.1\s/.test(line));
  const line = `127.0.1.1\t${name}`;
  if (at >= 0) return lines.with(at, line).join('\n');
  return `${hosts === '' || hosts.endsWith('\n') ? hosts : `${hosts}\n`}${line}\n`;
}
