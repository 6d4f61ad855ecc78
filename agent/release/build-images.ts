/**
 * Makes the images of the embedded stack from what is on this machine: Debian's coturn, and the Node.js that runs this.
 * Needs neither an engine nor a registry. Called by install.sh; a second run with the same inputs changes nothing.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AgentError, describeError } from '../system/errors.ts';
import { run } from '../system/processes.ts';
import { buildImages } from './images/build.ts';
import { coturnSource, livekitSource } from './images/sources.ts';

const USAGE = `Usage: build-images --output DIR [--list FILE] [--standin FILE] [--node FILE] [--turnserver FILE]

Writes the archives of the embedded stack's images to DIR.
  --list FILE        what names them (default: images.json in DIR)
  --standin FILE     the bundled stand-in for LiveKit (default: livekit-standin.js beside this program)
  --node FILE        the Node.js that runs it (default: the one that runs this program)
  --turnserver FILE  coturn (default: /usr/bin/turnserver, of Debian's package coturn)
`;

process.exitCode = await main(process.argv.slice(2));

/** Exit status: 0 done, 64 usage (EX_USAGE), 69 something needed is missing (EX_UNAVAILABLE), 70 it failed (EX_SOFTWARE). */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === null) {
    process.stderr.write(USAGE);
    return 64;
  }
  try {
    const sources = [
      await coturnSource(run, options.turnserver),
      await livekitSource(run, options.node, options.standin),
    ];
    for (const { service, reference, changed } of await buildImages(sources, options.output, options.list)) {
      process.stdout.write(`${service}: ${changed ? 'built' : 'unchanged'} ${reference}\n`);
    }
    return 0;
  } catch (error) {
    const hint = error instanceof AgentError ? ` ${error.hint}` : '';
    process.stderr.write(`build-images: ${describeError(error)}.${hint}\n`);
    return error instanceof AgentError ? 69 : 70;
  }
}

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        output: { type: 'string' },
        list: { type: 'string' },
        standin: { type: 'string', default: join(import.meta.dirname, 'livekit-standin.js') },
        node: { type: 'string', default: process.execPath },
        turnserver: { type: 'string', default: '/usr/bin/turnserver' },
      },
    });
    return values.output === undefined ? null : { ...values, output: values.output };
  } catch (error) {
    process.stderr.write(`build-images: ${describeError(error)}\n`);
    return null;
  }
}
