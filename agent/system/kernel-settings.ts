import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes a setting below /proc/sys (sysctl(8)), named with slashes, for an interface's name may have dots. Resolves to
 * the value that it had. Network settings are those of the network namespace of this process.
 */
export async function setKernelSetting(setting: string, value: string): Promise<string> {
  const path = join('/proc/sys', setting);
  const before = (await readFile(path, 'utf8')).trim();
  await writeFile(path, value);
  return before;
}
