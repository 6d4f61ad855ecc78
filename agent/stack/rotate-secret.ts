import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError } from '../system/errors.ts';
import { syncPath } from '../system/files.ts';
import { ROTATED, type RotatedName } from './rotations.ts';
import { filesOf, makeValues, readSecrets, readStage, stageFile, writeSecret } from './secrets.ts';

/**
 * The changes of files that a rotation consists of. Each may be cut off anywhere and be begun again: what is read
 * meanwhile is either the state before it or the one after.
 */
export interface SecretRotation {
  /** Makes what will take the place of a secret. */
  prepare(name: RotatedName): Promise<void>;
  /** Puts it there; what was there stays good. Error: SECRET_NOT_PREPARED. */
  switchOver(name: RotatedName): Promise<void>;
  /** Forgets what was there before. */
  withdraw(name: RotatedName): Promise<void>;
}

export function createSecretRotation(directory: string): SecretRotation {
  const path = (name: RotatedName, stage: Parameters<typeof stageFile>[1]) =>
    join(directory, stageFile(name, stage));
  return {
    async prepare(name) {
      if ((await readStage(directory, name, 'next')) === null) {
        await writeSecret(path(name, 'next'), makeValues(name));
      }
    },
    async switchOver(name) {
      const present = await readdir(directory);
      if (present.includes(stageFile(name, 'next'))) {
        const secrets = await readSecrets({ directory });
        if (secrets === null) throw notPrepared(name);
        await writeSecret(
          path(name, 'previous'),
          ROTATED[name].map((field) => secrets[field]),
        );
        // From here on the new ones are read, though the files of the secret are the old ones still.
        await rename(path(name, 'next'), path(name, 'switching'));
        await syncPath(directory);
      } else if (!present.includes(stageFile(name, 'switching'))) {
        if (present.includes(stageFile(name, 'previous'))) return;
        throw notPrepared(name);
      }
      const values = await readStage(directory, name, 'switching');
      for (const [index, field] of ROTATED[name].entries()) {
        const [file, value] = [filesOf(name)[index], values?.[field]];
        if (file !== undefined && value !== undefined) await writeSecret(join(directory, file), [value]);
      }
      await rm(path(name, 'switching'));
      await syncPath(directory);
    },
    async withdraw(name) {
      await rm(path(name, 'previous'), { force: true });
      await syncPath(directory);
    },
  };
}

const notPrepared = (name: RotatedName) =>
  new AgentError({
    code: 'SECRET_NOT_PREPARED',
    message: `there is no new ${name} secret to put in use`,
    hint: `Somebody removed it: \`sudo agentctl secrets rotate ${name}\` makes another.`,
  });
