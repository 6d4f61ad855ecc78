import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, isErrno } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import { ROTATED, type RotatedName } from './rotations.ts';
import type { Secrets, SecretValues } from './types.ts';

interface Kind {
  /** File below the folder of secrets. */
  readonly file: string;
  readonly make: () => string;
  readonly pattern: RegExp;
  readonly form: string;
}

const HEX: Omit<Kind, 'file'> = {
  make: () => randomBytes(32).toString('hex'),
  pattern: /^[0-9a-f]{64}$/,
  form: '64 hexadecimal digits',
};

const KINDS: { readonly [Name in keyof SecretValues]: Kind } = {
  turn: { file: 'turn', ...HEX },
  turnLegacy: { file: 'turn-legacy', ...HEX },
  livekitKey: {
    file: 'livekit-key',
    make: () => `API${randomBytes(6).toString('hex')}`,
    pattern: /^API[0-9A-Za-z]{12}$/,
    form: 'API and 12 letters or digits',
  },
  livekitSecret: {
    file: 'livekit-secret',
    make: () => randomBytes(48).toString('base64url'),
    pattern: /^[\w-]{64}$/,
    form: '64 characters of base64url',
  },
  redis: { file: 'redis', ...HEX },
};

/** What a rotation keeps beside the secrets in use: a file each, a value a line, in the order of `ROTATED`. */
export type Stage = 'next' | 'switching' | 'previous';

/**
 * The secrets of this appliance, made on it at the first start and read back at every later one. One that is there
 * but cannot be right is refused, never replaced: what it belongs to may be in use. Those that an older release did
 * not have yet are made beside the others.
 * Error: SECRET_REFUSED.
 */
export async function ensureSecrets({ directory }: { readonly directory: string }): Promise<Secrets> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const values = await forEachSecret(async (kind) => {
    const present = await readSecret(join(directory, kind.file), kind);
    if (present !== null) return present;
    const made = kind.make();
    await writeSecret(join(directory, kind.file), [made]);
    return made;
  });
  return withStages(directory, values);
}

/** The secrets, null while one of them has not been made yet. Error: SECRET_REFUSED. */
export async function readSecrets({ directory }: { readonly directory: string }): Promise<Secrets | null> {
  const read = await forEachSecret((kind) => readSecret(join(directory, kind.file), kind));
  const { turn, turnLegacy, livekitKey, livekitSecret, redis } = read;
  if (turn === null || turnLegacy === null || livekitKey === null) return null;
  if (livekitSecret === null || redis === null) return null;
  return withStages(directory, { turn, turnLegacy, livekitKey, livekitSecret, redis });
}

/** Every value, also those that are good during a rotation only: what must be shown nowhere. */
export function allValues({ next, previous, ...current }: Secrets): readonly string[] {
  return [current, next, previous].flatMap((values) => Object.values(values));
}

/** The files of a secret that is in use, below the folder of secrets. */
export const filesOf = (name: RotatedName): readonly string[] =>
  ROTATED[name].map((field) => KINDS[field].file);

export const stageFile = (name: RotatedName, stage: Stage): string => `${name}.${stage}`;

/** New values, in the order of `ROTATED`. */
export const makeValues = (name: RotatedName): readonly string[] =>
  ROTATED[name].map((field) => KINDS[field].make());

/** What a stage of a rotation holds, null when it is not there. Error: SECRET_REFUSED. */
export async function readStage(
  directory: string,
  name: RotatedName,
  stage: Stage,
): Promise<Partial<SecretValues> | null> {
  const path = join(directory, stageFile(name, stage));
  const text = await readPrivate(path);
  if (text === null) return null;
  const lines = text.trimEnd().split('\n');
  return Object.fromEntries(
    ROTATED[name].map((field, index) => [field, checked(lines[index] ?? '', path, KINDS[field])]),
  );
}

/** What appliances that carry the same calls have in common. */
export const SHARED = [
  'livekitKey',
  'livekitSecret',
  'redis',
] as const satisfies readonly (keyof SecretValues)[];

/** Puts another appliance's in the place of ours. Error: SECRET_REFUSED, before anything is written. */
export async function adoptShared(
  directory: string,
  given: Readonly<Record<string, unknown>>,
): Promise<void> {
  const values = SHARED.map((name) => {
    const value = given[name];
    return [
      KINDS[name],
      checked(typeof value === 'string' ? value : '', `that was given as ${name}`, KINDS[name]),
    ] as const;
  });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const [{ file }, value] of values) await writeSecret(join(directory, file), [value]);
}

/** For root alone, whole or not at all. */
export async function writeSecret(path: string, values: readonly string[]): Promise<void> {
  await writeFileAtomic(path, values.map((value) => `${value}\n`).join(''), { mode: 0o600 });
}

/** A switch that was begun counts as made: one that was cut off half-way would else leave a key without its secret. */
async function withStages(directory: string, current: SecretValues): Promise<Secrets> {
  const at = async (stage: Stage) => {
    const names = Object.keys(ROTATED) as RotatedName[];
    const read = await Promise.all(names.map((name) => readStage(directory, name, stage)));
    return Object.assign({}, ...read) as Partial<SecretValues>;
  };
  return {
    ...current,
    ...(await at('switching')),
    next: await at('next'),
    previous: await at('previous'),
  };
}

async function forEachSecret<T>(
  act: (kind: Kind) => Promise<T>,
): Promise<{ [Name in keyof SecretValues]: T }> {
  return {
    turn: await act(KINDS.turn),
    turnLegacy: await act(KINDS.turnLegacy),
    livekitKey: await act(KINDS.livekitKey),
    livekitSecret: await act(KINDS.livekitSecret),
    redis: await act(KINDS.redis),
  };
}

async function readSecret(path: string, kind: Kind): Promise<string | null> {
  const text = await readPrivate(path);
  return text === null ? null : checked(text.trim(), path, kind);
}

function checked(value: string, path: string, { pattern, form }: Kind): string {
  if (pattern.test(value)) return value;
  throw refused(path, value === '' ? 'is empty' : `does not hold ${form}`);
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
