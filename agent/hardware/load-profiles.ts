import { join } from 'node:path';
import { describeError } from '../system/errors.ts';
import { readFileIfPresent } from '../system/files.ts';
import { parseProfile } from './parse-profile.ts';
import { type ResolvedProfiles, resolveProfiles, type SourcedProfile } from './profiles.ts';
import { namesIn } from './read-value.ts';
import { findTies } from './ties.ts';

export interface ProfileFolders {
  readonly shipped: string;
  readonly overrides: string;
}

/** Every profile of the release and of this machine. A file that is wrong is refused by itself; never rejects. */
export async function loadProfiles({ shipped, overrides }: ProfileFolders): Promise<ResolvedProfiles> {
  const [own, added] = await Promise.all([readFolder(shipped, 'shipped'), readFolder(overrides, 'override')]);
  const resolved = resolveProfiles([...own.files, ...added.files]);
  const ties = findTies(resolved.profiles);
  return {
    profiles: resolved.profiles,
    refused: [...own.refused, ...added.refused, ...resolved.refused, ...ties],
  };
}

async function readFolder(
  directory: string,
  origin: SourcedProfile['origin'],
): Promise<{ files: SourcedProfile[]; refused: string[] }> {
  const files: SourcedProfile[] = [];
  const refused: string[] = [];
  const names = (await namesIn(directory)).filter((name) => name.endsWith('.yaml')).sort();
  for (const name of names) {
    const path = join(directory, name);
    try {
      const parsed = parseProfile((await readFileIfPresent(path)) ?? '', path);
      if (parsed.ok) files.push({ origin, file: parsed.profile });
      else refused.push(parsed.why);
    } catch (error) {
      refused.push(describeError(error));
    }
  }
  return { files, refused };
}
