import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { Certificates } from '../../../agent/config/check-certificates.ts';
import { readCertificates } from '../../../agent/stack/certificates.ts';
import { AgentError } from '../../../agent/system/errors.ts';
import { elementCall } from './element-call/samples.ts';

const NAMES = ['rtc.example.org', 'matrix.example.org', 'example.org'];
// A certificate is good from the second on in which it was made.
const now = new Date(Date.now() + 60_000);

/** Files of a certificate that is good for a day, for these names. */
async function made(t: ExecutionContext, names: readonly string[] = NAMES) {
  const directory = await mkdtemp(join(tmpdir(), 'aa-certificates-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  await promisify(execFile)(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ],
      ...[
        '-subj',
        '/CN=appliance',
        '-addext',
        `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
      ],
      ...['-out', certificate, '-keyout', key],
    ],
    { timeout: 10_000 },
  );
  return { directory, certificate, key };
}

const read = (certificates: Certificates, at: Date = now) =>
  readCertificates({ ...elementCall, certificates }, at);

async function refusal(t: ExecutionContext, certificates: Certificates, at?: Date): Promise<string> {
  const error = await t.throwsAsync(read(certificates, at), { instanceOf: AgentError });
  t.is(error.code, 'CERTIFICATE_REFUSED');
  return error.message;
}

test('files are read as they are; from an authority and without the stack there are none', async (t) => {
  const { certificate, key } = await made(t);
  const files = await read({ kind: 'files', certificate, key });
  t.regex(files?.certificate ?? '', /^-----BEGIN CERTIFICATE-----/);
  t.regex(files?.key ?? '', /^-----BEGIN PRIVATE KEY-----/);
  t.is(files?.ca, null);
  const own = await read({ kind: 'private-ca', certificate, key, ca: certificate });
  t.is(own?.ca, own?.certificate);
  t.is(await read({ kind: 'acme', email: null }), null);
  t.is(await readCertificates(null, now), null);
});

test('a wildcard covers the names below it', async (t) => {
  const { certificate, key } = await made(t, ['*.example.org', 'example.org']);
  t.truthy(await read({ kind: 'files', certificate, key }));
});

test('a file that is missing, empty or something else is refused by its name', async (t) => {
  const { certificate, key, directory } = await made(t);
  const other = join(directory, 'other.pem');
  t.regex(await refusal(t, { kind: 'files', certificate: other, key }), /other\.pem cannot be read \(ENOENT/);
  await writeFile(other, '');
  t.regex(
    await refusal(t, { kind: 'files', certificate: other, key }),
    /other\.pem holds no CERTIFICATE in PEM/,
  );
  t.regex(await refusal(t, { kind: 'files', certificate, key: certificate }), /holds no PRIVATE KEY in PEM/);
  await writeFile(other, '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n');
  const said = await refusal(t, { kind: 'files', certificate, key: other });
  t.regex(said, /other\.pem cannot be understood/);
  t.notRegex(said, /c2VjcmV0/);
});

test('a key of another certificate, a name that is not covered and a wrong time are refused', async (t) => {
  const [ours, theirs] = [await made(t), await made(t, ['rtc.example.org'])];
  const files = { kind: 'files' } as const;
  t.regex(
    await refusal(t, { ...files, certificate: ours.certificate, key: theirs.key }),
    /key\.pem is not the key of .*certificate\.pem/,
  );
  t.regex(
    await refusal(t, { ...files, certificate: theirs.certificate, key: theirs.key }),
    /is not for matrix\.example\.org, but for DNS:rtc\.example\.org/,
  );
  const certificates = { ...files, certificate: ours.certificate, key: ours.key };
  const days = (count: number) => new Date(now.getTime() + count * 86_400_000);
  t.regex(await refusal(t, certificates, days(2)), /ended on/);
  t.regex(await refusal(t, certificates, days(-2)), /begins only on/);
});
