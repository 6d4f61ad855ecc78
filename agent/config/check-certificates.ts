import { isAbsolute } from 'node:path';
import { type Checked, describeValue, invalid, shorten, type ValueProblem, valid } from './checked.ts';

/** Where the certificate that clients see comes from. Paths are of PEM files on this machine. */
export type Certificates =
  /** From the public authority that Traefik uses by default, which is asked over the internet (RFC 8555, RFC 8737). */
  | { readonly kind: 'acme'; readonly email: string | null }
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string }
  /** Of an authority that only the operator's devices know: `ca` is its certificate. */
  | {
      readonly kind: 'private-ca';
      readonly certificate: string;
      readonly key: string;
      readonly ca: string;
    };

/** The settings of each kind; those in brackets may be left out. */
const KINDS = {
  acme: { required: [], optional: ['email'] },
  files: { required: ['certificate', 'key'], optional: [] },
  'private-ca': { required: ['certificate', 'key', 'ca'], optional: [] },
} as const;

const CHOICES =
  'use acme (a public authority is asked over the internet), files, or private-ca (files of your own authority)';

/** A kind and the settings that belong to it. */
export function checkCertificates(value: unknown): Checked<Certificates> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return invalid(`${describeValue(value)} where settings belong`, 'write "kind: files" below it, indented');
  const given = value as Readonly<Record<string, unknown>>;
  const { kind } = given;
  if (kind !== 'acme' && kind !== 'files' && kind !== 'private-ca') {
    const problem =
      kind === undefined ? 'it is missing' : `${describeValue(kind)} is not a kind of certificates`;
    return { ok: false, problems: [{ path: ['kind'], message: problem, expected: CHOICES }] };
  }
  const { required, optional } = KINDS[kind];
  const known: readonly string[] = ['kind', ...required, ...optional];
  const problems: ValueProblem[] = [
    ...Object.keys(given)
      .filter((key) => !known.includes(key))
      .map((key) => ({
        path: [key],
        message: `there is no such setting with kind ${kind}`,
        expected: `the settings here are ${known.join(', ')}`,
      })),
    ...required.flatMap((key) => pathProblems(key, given[key])),
    ...(kind === 'acme' ? emailProblems(given.email) : []),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const text = (key: string) => String(given[key]);
  switch (kind) {
    case 'acme':
      return valid({ kind, email: given.email === undefined ? null : text('email') });
    case 'files':
      return valid({ kind, certificate: text('certificate'), key: text('key') });
    case 'private-ca':
      return valid({ kind, certificate: text('certificate'), key: text('key'), ca: text('ca') });
  }
}

function pathProblems(key: string, value: unknown): ValueProblem[] {
  const expected = `write the path of a PEM file, e.g. /etc/appliance-agent/tls/${key}.pem`;
  if (value === undefined) return [{ path: [key], message: 'it is missing', expected }];
  return typeof value === 'string' && isAbsolute(value)
    ? []
    : [{ path: [key], message: `${describeValue(value)} is not a full path`, expected }];
}

function emailProblems(value: unknown): ValueProblem[] {
  if (value === undefined || (typeof value === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)))
    return [];
  const given = typeof value === 'string' ? `"${shorten(value)}"` : describeValue(value);
  return [
    {
      path: ['email'],
      message: `${given} is not a mail address`,
      expected: 'use one that the authority may write to, e.g. admin@example.org, or leave it out',
    },
  ];
}
