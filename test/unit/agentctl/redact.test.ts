import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createRedactor, readSecretValues } from '../../../agent/agentctl/redact.ts';

const SECRET = 'c0ffee/00"1122+33';
const redact = createRedactor([SECRET]);

for (const [form, text] of [
  ['as it is', SECRET],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ['in base64 for URLs', Buffer.from(SECRET).toString('base64url')],
  ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
  ['in a URL', encodeURIComponent(SECRET)],
  ['in JSON', JSON.stringify(SECRET)],
] as const) {
  test(`a known secret is blackened ${form}, wherever it stands`, (t) => {
    const { text: clean, count } = redact(`before ${text} between ${text} after`);
    t.false(clean.includes(text.replaceAll('"', '')));
    t.regex(clean, /^before .*\[redacted\].* between .*\[redacted\].* after$/);
    t.is(count, 2);
  });
}

for (const [what, text, kept] of [
  ['a setting', 'static-auth-secret=0123456789abcdef', 'static-auth-secret=[redacted]'],
  ['a setting in JSON', '{"password": "hunter2hunter2", "a": 1}', '{"password": "[redacted]", "a": 1}'],
  ['a setting in YAML', 'registration_shared_secret: s3cr3ts3cr3t', 'registration_shared_secret: [redacted]'],
  ['a bearer', 'Authorization: Bearer abcdef0123456789', 'Authorization: Bearer [redacted]'],
  ['a token of Matrix', 'syt_YWxpY2U_abcdefgh_123456', '[redacted]'],
  ['a URL with a password', 'https://user:hunter2@example.org/', 'https://user:[redacted]@example.org/'],
  ['a JSON Web Token', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl.', 'got [redacted].'],
  [
    'a private key',
    '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\nrest',
    '[redacted]\nrest',
  ],
  ['a private key that was cut', '-----BEGIN PRIVATE KEY-----\nMHcCAQEE', '[redacted]'],
] as const) {
  test(`what looks like a secret is blackened without being known: ${what}`, (t) => {
    t.is(redact(text).text, kept);
  });
}

test('ordinary text stays as it is', (t) => {
  const text = `livekit: exited (137) at 2026-11-22T13:05:12Z; secrets: done
udp dport 3478 counter packets 12 bytes 840 accept comment "turn"
the token expired; password too short; see https://example.org/a:b`;
  t.deepEqual(redact(text), { text, count: 0 });
});

test('a value that is too short to be a secret blackens nothing', (t) => {
  t.is(createRedactor(['no', ''])('nobody knows').text, 'nobody knows');
});

test('the secrets are the content of every file below their folder, whole and line by line', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'aa-secrets-'));
  t.teardown(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'deep'));
  await writeFile(join(directory, 'turn'), 'abcdef\n');
  await writeFile(join(directory, 'deep/keys'), 'first\nsecond\n');
  const values = await readSecretValues(directory);
  for (const value of ['abcdef', 'first\nsecond', 'first', 'second']) t.true(values.includes(value), value);
  t.deepEqual(await readSecretValues(join(directory, 'none')), []);
});
