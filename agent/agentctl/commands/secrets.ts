import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ROTATED, type RotatedName } from '../../stack/rotations.ts';
import { filesOf, stageFile } from '../../stack/secrets.ts';
import { namesIn } from '../../system/files.ts';
import { asRoot } from '../as-root.ts';
import { askAgent } from '../ask-agent.ts';
import type { Context } from '../context.ts';
import { durationOption } from '../duration-option.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../render/text.ts';
import { formatSince } from '../render/times.ts';
import { noSecrets } from '../secrets-here.ts';

/** Asks for a new secret in the place of another. Errors: USAGE, UNKNOWN_SECRET, ROTATION_UNDER_WAY. */
export async function rotate(
  context: Context,
  secret: string,
  options: { overlap?: string },
): Promise<number> {
  const overlapMs = durationOption(options.overlap);
  return askAgent(context, (agent) => agent.rotateSecret({ secret, overlapMs }));
}

/** The secrets that can be rotated, and since when each is in use; never a value. Errors: NEEDS_ROOT, MISSING. */
export async function list({ paths, clock, terminal }: Context): Promise<number> {
  const present = await asRoot(paths.secrets, () => namesIn(paths.secrets));
  if (present.length === 0) throw noSecrets();
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
  if (present.includes(stageFile(name, 'next'))) return 'a new one waits to be put in use: `agentctl status`';
  if (present.includes(stageFile(name, 'previous')))
    return 'the one before it is still good: `agentctl status`';
  return 'none';
}
