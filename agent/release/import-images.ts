/**
 * Takes the images of the stack element-call, archives from `docker save`, into the folder from which the agent loads
 * them. Needs neither an engine nor a registry.
 */
import { parseArgs } from 'node:util';
import { LOCKED_IMAGES } from '../stack/element-call/image-lock.ts';
import { AgentError, describeError } from '../system/errors.ts';
import { appliancePaths } from '../system/paths.ts';
import { run } from '../system/processes.ts';
import { importImages } from './images/import.ts';

const USAGE = `Usage: import-images --from DIR [--output DIR]

Takes SERVICE.tar of each service out of DIR, and writes images.json beside the copies.
  --output DIR  where the agent looks for them (default: ${appliancePaths().images})

The images:
${LOCKED_IMAGES.map(({ service, reference, digest }) => `  ${service}: ${reference}${digest === null ? '' : `@${digest}`}`).join('\n')}
`;

const { values } = parseArgs({
  options: { from: { type: 'string' }, output: { type: 'string', default: appliancePaths().images } },
});
if (values.from === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 64;
} else {
  try {
    for (const { service, reference } of await importImages(run, LOCKED_IMAGES, values.from, values.output)) {
      process.stdout.write(`${service}: imported ${reference}\n`);
    }
  } catch (error) {
    const hint = error instanceof AgentError ? ` ${error.hint}` : '';
    process.stderr.write(`import-images: ${describeError(error)}.${hint}\n`);
    process.exitCode = error instanceof AgentError ? 69 : 70;
  }
}
