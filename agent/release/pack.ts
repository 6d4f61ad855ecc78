/** `npm run release`: makes the release bundle of this machine's architecture in `release/`. */
import { join, relative, resolve } from 'node:path';
import { AgentError } from '../system/errors.ts';
import { packBundle } from './pack-bundle.ts';

const project = resolve(import.meta.dirname, '../..');

try {
  const { file, sha256 } = await packBundle(
    project,
    join(project, '.cache', 'release-building'),
    join(project, 'release'),
  );
  process.stdout.write(`${relative(project, file)}\nsha256 ${sha256}\n`);
} catch (error) {
  // Without the stack: what esbuild says about a source file is all that helps.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof AgentError) process.stderr.write(`${error.hint}\n`);
  process.exitCode = 1;
}
