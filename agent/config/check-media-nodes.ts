import { isIPv4 } from 'node:net';
import { type Checked, checkEach, describeValue, invalid, valid } from './checked.ts';

const EXAMPLE = 'use its IPv4 address in the VPN, e.g. 10.8.0.12';

/** What an appliance does: everything, or only LiveKit and the relay for the calls of another one. */
export type Role = 'all' | 'media';

export function checkRole(value: unknown): Checked<Role> {
  return value === 'all' || value === 'media'
    ? valid(value)
    : invalid(
        `${describeValue(value)} is not a role`,
        'use all, or media for an appliance that helps another one',
      );
}

/** The address of another appliance in the VPN. */
function checkPeer(value: unknown): Checked<string> {
  return typeof value === 'string' && isIPv4(value)
    ? valid(value)
    : invalid(`${describeValue(value)} is not an address of an appliance`, EXAMPLE);
}

/** The address of the appliance that this one helps; null: `none`. */
export function checkPrimary(value: unknown): Checked<string | null> {
  return value === 'none' ? valid(null) : checkPeer(value);
}

/** Distinct addresses of further appliances; there may be none. */
export function checkMediaNodes(value: unknown): Checked<readonly string[]> {
  if (!Array.isArray(value))
    return invalid(`${describeValue(value)} is not a list`, 'write a list, e.g. [10.8.0.12]');
  return checkEach(value, (item, earlier: readonly string[]) => {
    const checked = checkPeer(item);
    if (!checked.ok || !earlier.includes(checked.value)) return checked;
    return invalid(`${checked.value} is listed twice`, 'list each appliance once');
  });
}
