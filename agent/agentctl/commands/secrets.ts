import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createControlClient } from '../../control/client.ts';
import { ROTATED, type RotatedName } from '../../stack/rotations.ts';
import { filesOf, stageFile } from '../../stack/secrets.ts';
import { parseDuration } from '../../system/durations.ts';
import { AgentError, isErrno } from '../../system/errors.ts';
import { asRoot } from '../as-root.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../render/text.ts';
import { formatSince } from '../render/times.ts';

/** Asks for a new secret in the place of another. Errors: USAGE, UNKNOWN_SECRET, ROTATION_UNDER_WAY. */
export async function rotate(
  { paths, terminal }: Context,
  secret: string,
  options: { overlap?: string },
): Promise<number> {
  const overlapMs = options.overlap === undefined ? null : parseDuration(options.overlap);
  if (options.overlap !== undefined && !overlapMs) {
    throw new AgentError({
      code: 'USAGE',
      message: `'${options.overlap}' is not a duration`,
      hint: 'Write for example 30m, 2h or 1d.',
    });
  }
  const { message } = await createControlClient(paths.socket).rotateSecret({ secret, overlapMs });
  terminal.write(`${message}\n`);
  return EXIT.ok;
}

/** The secrets that can be rotated, and since when each is in use; never a value. Errors: NEEDS_ROOT, MISSING. */
export async function list({ paths, clock, terminal }: Context): Promise<number> {
  const present = await asRoot(paths.secrets, () => filesBelow(paths.secrets));
  const names = Object.keys(ROTATED) as RotatedName[];
  const now = clock.now().wall;
  const rows = await Promise.all(
    names.map(async (name) => {
      const times = await Promise.all(filesOf(name).map((file) => stat(join(paths.secrets, file))));
      const newest = new Date(Math.max(...times.map(({ mtimeMs }) => mtimeMs)));
      return [name, formatSince(newest.toISOString(), now), stateOf(name, present)];
    }),
  );
  const columns = [{ title: 'SECRET' }, { title: 'IN USE SINCE' }, { title: 'ROTATION' }];
  terminal.write(`${table(columns, rows, terminal.columns).join('\n')}\n`);
  return EXIT.ok;
}

function stateOf(name: RotatedName, present: readonly string[]): string {
  if (present.includes(stageFile(name, 'next'))) return 'a new one waits to be put in use: agentctl status';
  if (present.includes(stageFile(name, 'previous')))
    return 'the one before it is still good: agentctl status';
  return 'none';
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new AgentError({
      code: 'MISSING',
      message: 'This appliance has no secrets yet',
      hint: 'The agent makes them at its first start: systemctl start appliance-agent.',
    });
  }
}
