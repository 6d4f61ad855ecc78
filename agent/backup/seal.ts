import { AgentError, describeError } from '../system/errors.ts';

/** age (age-encryption.org/v1): whoever has the recipient can write, only the identity can read, and no byte can be changed. */
export interface Seal {
  seal(plain: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>>;
}

/** Error: BACKUP_RECIPIENT. The library is loaded by those who use it alone. */
export async function sealFor(recipient: string): Promise<Seal> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch (error) {
    throw new AgentError({
      code: 'BACKUP_RECIPIENT',
      message: `The recipient is no public key of age: ${describeError(error)}`,
      hint: 'On a machine of yours, not here: `age-keygen -o key.txt`. It prints the public key, age1…; key.txt stays with you.',
    });
  }
  return { seal: (plain) => encrypter.encrypt(ReadableStream.from(plain)) };
}

/** Reads with the first identity in a text, as age-keygen writes it. Errors: BACKUP_IDENTITY; BACKUP_DAMAGED while reading. */
export async function openSealed(
  sealed: AsyncIterable<Uint8Array>,
  identityText: string,
): Promise<AsyncIterable<Uint8Array>> {
  const identity = /^AGE-SECRET-KEY-[0-9A-Z-]+$/m.exec(identityText)?.[0];
  if (identity === undefined) throw noIdentity('it holds no AGE-SECRET-KEY-…');
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity);
  } catch {
    // The words of the library may quote what they are about.
    throw noIdentity('its key is not whole');
  }
  try {
    return unaltered(await decrypter.decrypt(ReadableStream.from(sealed)));
  } catch (error) {
    if (/no identity matched/i.test(describeError(error))) {
      throw noIdentity('this backup was made for another key');
    }
    throw damaged(error);
  }
}

async function* unaltered(plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* plain;
  } catch (error) {
    throw damaged(error);
  }
}

const noIdentity = (why: string) =>
  new AgentError({
    code: 'BACKUP_IDENTITY',
    message: `The backup cannot be read with this identity: ${why}`,
    hint: 'Give the file that age-keygen wrote, or its text on stdin: --identity -.',
  });

const damaged = (cause: unknown) =>
  new AgentError({
    code: 'BACKUP_DAMAGED',
    message: 'The backup is truncated, altered, or no backup',
    hint: 'Nothing was changed. Fetch the file again, and compare its size with that of the original.',
    cause,
  });
