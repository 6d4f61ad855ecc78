import { type Checked, describeValue, invalid, shorten, valid } from './checked.ts';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** A TURN realm as a domain name: fewer than 128 characters (RFC 8489 section 14.9), nothing to escape. */
export function checkRealm(value: unknown): Checked<string> {
  const expected = 'use letters, digits, dots and hyphens, e.g. turn.example.org';
  if (typeof value !== 'string') return invalid(`${describeValue(value)} is not a domain name`, expected);
  if (value.length > 127) return invalid(`${shorten(value)} is too long`, 'use fewer than 128 characters');
  if (!value.split('.').every((label) => LABEL.test(label))) {
    return invalid(`${describeValue(value)} is not a domain name`, expected);
  }
  return valid(value);
}
