import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, isErrno } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { Secrets } from './types.ts';

const TURN_FILE = 'turn';
const TURN_BYTES = 32;

/**
 * The secrets of this appliance, made on it at the first start and read back at every later one. A secret that is there
 * but cannot be right is refused, never replaced: what it belongs to may be in use.
 * Error: SECRET_REFUSED.
 */
export async function ensureSecrets({ directory }: { readonly directory: string }): Promise<Secrets> {
  const present = await readSecrets({ directory });
  if (present !== null) return present;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const turn = randomBytes(TURN_BYTES).toString('hex');
  await writeFileAtomic(join(directory, TURN_FILE), `${turn}\n`, { mode: 0o600 });
  return { turn };
}

/** The secrets, null when they have not been made yet. Error: SECRET_REFUSED. */
export async function readSecrets({ directory }: { readonly directory: string }): Promise<Secrets | null> {
  const path = join(directory, TURN_FILE);
  const text = await readPrivate(path);
  if (text === null) return null;
  const turn = text.trim();
  if (new RegExp(`^[0-9a-f]{${TURN_BYTES * 2}}$`).test(turn)) return { turn };
  throw refused(path, text === '' ? 'is empty' : `does not hold ${TURN_BYTES * 2} hexadecimal digits`);
}

async function readPrivate(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { mode, uid } = await file.stat();
      if (uid !== process.getuid?.()) throw refused(path, `belongs to user ${uid}`);
      if ((mode & 0o077) !== 0) {
        throw refused(path, `has mode 0${(mode & 0o777).toString(8)}: others than its owner may use it`);
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Says what is wrong, never what is in the file. */
function refused(path: string, why: string): AgentError {
  return new AgentError({
    code: 'SECRET_REFUSED',
    message: `the secret ${path} ${why}`,
    hint: `Remove the file, and the agent makes a new secret: rm ${path}. If you know that nobody saw it: chown root: ${path} && chmod 0600 ${path}.`,
  });
}
