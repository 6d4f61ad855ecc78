import { buffer } from 'node:stream/consumers';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import test from 'ava';
import { openSealed, sealFor } from '../../../agent/backup/seal.ts';
import { AgentError } from '../../../agent/system/errors.ts';

const PLAIN = Buffer.from('what cannot be made again '.repeat(10_000));

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
}

async function sealed() {
  const identity = await generateIdentity();
  const { seal } = await sealFor(await identityToRecipient(identity));
  return { identity, bytes: await buffer(await seal(pieces(PLAIN))) };
}

const codeOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof AgentError ? error.code : String(error);
};
const open = async (bytes: Uint8Array, identity: string) => buffer(await openSealed(pieces(bytes), identity));

test('what is sealed for a recipient is read by the identity, as age-keygen writes it', async (t) => {
  const { identity, bytes } = await sealed();
  t.is(bytes.subarray(0, 21).toString(), 'age-encryption.org/v1');
  t.false(bytes.includes(PLAIN.subarray(0, 20)));
  t.deepEqual(await open(bytes, `# created: today\n# public key: age1\n${identity}\n`), PLAIN);
});

test('a file that is cut or altered anywhere is refused', async (t) => {
  const { identity, bytes } = await sealed();
  for (const length of [0, 10, 200, 70_000, bytes.length - 1]) {
    t.is(await codeOf(open(bytes.subarray(0, length), identity)), 'BACKUP_DAMAGED', `cut at ${length}`);
  }
  for (const at of [5, 150, 1_000, 100_000, bytes.length - 1]) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ 1;
    const code = await codeOf(open(altered, identity));
    t.true(code === 'BACKUP_DAMAGED' || (at < 200 && code === 'BACKUP_IDENTITY'), `${at}: ${code}`);
  }
});

test('another identity, and what is none, are told from a damaged file, and are not quoted', async (t) => {
  const { bytes } = await sealed();
  const other = await generateIdentity();
  t.is(await codeOf(open(bytes, other)), 'BACKUP_IDENTITY');
  t.is(await codeOf(open(bytes, 'age1notaprivatekey')), 'BACKUP_IDENTITY');
  const broken = `${other.slice(0, -1)}${other.endsWith('Q') ? 'P' : 'Q'}`;
  const error = await t.throwsAsync(open(bytes, broken), { instanceOf: AgentError });
  t.is(error?.code, 'BACKUP_IDENTITY');
  t.false(JSON.stringify([error?.message, error?.hint, String(error?.cause)]).includes(broken.slice(20)));
});

test('a recipient that is none is refused before anything is read', async (t) => {
  for (const recipient of ['', 'age1abc', await generateIdentity(), 'ssh-ed25519 AAAA']) {
    t.is(await codeOf(sealFor(recipient)), 'BACKUP_RECIPIENT', recipient.slice(0, 6));
  }
});
