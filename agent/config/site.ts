import * as z from 'zod';
import { type Checked, describeValue, invalid, setting, shorten, valid } from './checked.ts';
import { readYaml } from './yaml-document.ts';

/** How people find this machine where it stands. */
export interface SiteConfig {
  /** The machine's name; `auto` keeps the one that it has, and makes one where that says nothing. */
  readonly hostname: string;
  /** Whether NAME.local is announced to the local network (RFC 6762). */
  readonly mdns: boolean;
}

export const siteSettings = {
  hostname: setting(checkHostname).default('auto'),
  mdns: setting(checkMdns).default(true),
};

/** A section that may be absent or empty, in a file of which nothing else is looked at. */
const siteAlone = z
  .object({ site: z.object(siteSettings).nullish() })
  .nullable()
  .transform((file) => file?.site ?? { hostname: 'auto', mdns: true });

/**
 * The site of a configuration, also of one that the agent refuses for what is missing elsewhere: a machine that is not
 * configured yet must be found all the more. Null when it cannot be read, or is wrong itself.
 */
export function readSite(text: string): SiteConfig | null {
  const read = readYaml(text);
  const site = read.ok ? siteAlone.safeParse(read.yaml.values) : null;
  return site?.success ? site.data : null;
}

/** One label of a name (RFC 1123 section 2.1) in lower case, as it is announced. */
function checkHostname(value: unknown): Checked<string> {
  const expected = 'use small letters, digits and hyphens, e.g. appliance-hall, or auto';
  if (typeof value !== 'string') return invalid(`${describeValue(value)} is not a name`, expected);
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(value))
    return invalid(`${shorten(value)} is not the name of a machine`, expected);
  return value === 'localhost' ? invalid('localhost is every machine', expected) : valid(value);
}

function checkMdns(value: unknown): Checked<boolean> {
  return typeof value === 'boolean'
    ? valid(value)
    : invalid(`${describeValue(value)} is neither yes nor no`, 'use true or false');
}
