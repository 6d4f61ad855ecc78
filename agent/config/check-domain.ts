import { type Checked, describeValue, invalid, shorten, valid } from './checked.ts';

const EXAMPLE = 'use a full name in lower case, e.g. rtc.example.org';
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A full domain name (RFC 1123 section 2.1) in lower case, as certificates and rules compare it. */
export function checkDomain(value: unknown): Checked<string> {
  if (typeof value !== 'string') return invalid(`${describeValue(value)} is not a domain name`, EXAMPLE);
  const labels = value.split('.');
  if (value !== value.toLowerCase() && labels.every((label) => LABEL.test(label.toLowerCase())))
    return invalid(`${shorten(value)} has capital letters`, `write ${shorten(value.toLowerCase())}`);
  if (value.length > 253 || !labels.every((label) => LABEL.test(label)))
    return invalid(`${describeValue(value)} is not a domain name`, EXAMPLE);
  if (labels.every((label) => /^\d+$/.test(label)))
    return invalid(`${value} is an address`, 'certificates are for names: use one that leads to it');
  if (labels.length < 2) return invalid(`${value} is only a part of a name`, EXAMPLE);
  return valid(value);
}
