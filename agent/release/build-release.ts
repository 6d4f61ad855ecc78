import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_CONFIG_TEXT } from '../config/default-config.ts';
import { applianceJsonSchema } from '../config/json-schema.ts';
import { bundlePrograms } from './bundle.ts';
import { contentHash } from './content-hash.ts';
import { copyRuntime } from './runtime.ts';

/**
 * Builds the release into the new folder `output`: the programs, their Node.js, the native addon, and data. The same
 * sources and lockfile give the same bytes. Resolves to the release's name, `VERSION-HASH`, which is also in `VERSION`.
 */
export async function buildRelease(project: string, output: string): Promise<string> {
  await mkdir(output, { recursive: true });
  await bundlePrograms(project, output);
  await copyRuntime(project, output);
  await writeFile(join(output, 'appliance.yaml'), DEFAULT_CONFIG_TEXT);
  const schema = JSON.stringify(applianceJsonSchema(), null, 2);
  await writeFile(join(output, 'appliance.schema.json'), `${schema}\n`);
  const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as {
    version: string;
  };
  const release = `${version}-${(await contentHash(output)).slice(0, 12)}`;
  await writeFile(join(output, 'VERSION'), `${release}\n`);
  return release;
}
