import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../system/errors.ts';

export interface Redacted {
  readonly text: string;
  /** How many places were blackened. */
  readonly count: number;
}

/** Blackens in a text whatever is secret, or looks like it. */
export type Redact = (text: string) => Redacted;

const MARK = '[redacted]';
/** A shorter value would blacken ordinary words. */
const SHORTEST = 8;

/** What is secret whatever its value; the first group, if there is one, stays. */
const PATTERNS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  // JSON Web Tokens (RFC 7519), and access tokens of Matrix servers.
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g,
  /\b(?:syt|mat|mct|mcr)_\w{8,}/g,
  /(\b(?:Bearer|Basic) +)[\w+/=.~-]{8,}/gi,
  // https://user:password@host
  /(:\/\/[^\s:/@]+:)[^\s/@]+(?=@)/g,
  /((?:secret|passw(?:or)?d|passphrase|credential|token|api[-_]?key|private[-_]?key)\w*["']?\s*[=:]\s*["']?)[^\s"',;}\]]{6,}/gi,
];

/** `values` are the secrets of this appliance; they are found also in base64, hexadecimal, and escaped. */
export function createRedactor(values: readonly string[]): Redact {
  const needles = [...new Set(values.filter((value) => value.length >= SHORTEST).flatMap(formsOf))]
    // The longest first: a part of it must not be blackened alone.
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let count = 0;
    const blacken = (_match: string, kept: unknown) => {
      count += 1;
      return `${typeof kept === 'string' ? kept : ''}${MARK}`;
    };
    let clean = text;
    for (const needle of needles) {
      const parts = clean.split(needle);
      count += parts.length - 1;
      clean = parts.join(MARK);
    }
    for (const pattern of PATTERNS) clean = clean.replace(pattern, blacken);
    return { text: clean, count };
  };
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = bytes.toString('base64');
  return [
    value,
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
  ];
}

/** The content of every file below a folder, whole and line by line; none when there is no such folder. */
export async function readSecretValues(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    return texts.flatMap((text) => [text.trim(), ...text.split('\n').map((line) => line.trim())]);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
