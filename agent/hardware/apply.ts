import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, readValue } from './read-value.ts';
import { holds, inWords, type Setting } from './settings.ts';

/**
 * Sets one setting, where it is not as wanted already, and reads it back. Resolves to null, or to why it cannot be so:
 * a machine without it still serves. `root` stands before each path: '' on a real machine.
 */
export async function applySetting(setting: Setting, root = ''): Promise<string | null> {
  for (const path of setting.paths) {
    const refused = await applyTo(join(root, path), setting);
    if (refused !== null) return refused;
  }
  return null;
}

async function applyTo(path: string, setting: Setting): Promise<string | null> {
  const before = await readValue(path);
  if (!before.ok) return inWords(before.code);
  if (holds(setting, before.value)) return null;
  try {
    // Not created: a path that is gone meanwhile must not become a file.
    await writeFile(path, setting.want, { flag: 'r+' });
  } catch (error) {
    return inWords(codeOf(error));
  }
  const after = await readValue(path);
  if (!after.ok) return inWords(after.code);
  return holds(setting, after.value) ? null : `the kernel made "${after.value}" of it`;
}
