import { createHash, createHmac } from 'node:crypto';

/**
 * A short name of what a service is made from: another one means that its container must be made anew. `parts` is
 * whatever goes into it, configuration files included. With `key` it is an HMAC: the name, which anybody may see,
 * then tells nothing about a secret in the parts.
 */
export function generation(parts: unknown, key?: string): string {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  return hash.update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}
