import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_CONFIG_TEXT } from '../config/default-config.ts';
import { applianceJsonSchema } from '../config/json-schema.ts';
import { bundlePrograms } from './bundle.ts';
import { checksums, contentHash } from './content-hash.ts';
import { writeNotices } from './notices.ts';
import { copyRuntime } from './runtime.ts';

/** What `sha256sum --check` verifies a release or a release bundle by; it names every file but itself. */
export const CHECKSUMS = 'SHA256SUMS';

/**
 * Builds the release into the new folder `output`: the programs, their Node.js, the native addon, and data. The same
 * sources and lockfile give the same bytes. Resolves to the release's name, `VERSION-HASH`, which is also in `VERSION`.
 */
export async function buildRelease(project: string, output: string): Promise<string> {
  await makeContent(project, output);
  return nameRelease(project, output);
}

/** Everything of a release but its name. */
export async function makeContent(project: string, output: string): Promise<void> {
  await mkdir(output, { recursive: true });
  const bundled = await bundlePrograms(project, output);
  await copyRuntime(project, output);
  await writeNotices(project, bundled, output);
  await writeFile(join(output, 'appliance.yaml'), DEFAULT_CONFIG_TEXT);
  const schema = JSON.stringify(applianceJsonSchema(), null, 2);
  await writeFile(join(output, 'appliance.schema.json'), `${schema}\n`);
}

/** Names a release by its content, and writes the checksums of its files. */
export async function nameRelease(project: string, output: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as {
    version: string;
  };
  const release = `${version}-${(await contentHash(output)).slice(0, 12)}`;
  await writeFile(join(output, 'VERSION'), `${release}\n`);
  await writeFile(join(output, CHECKSUMS), await checksums(output));
  return release;
}
