/**
 * Says whether the Docker Engine of this machine needs a setting to let published flows through, and writes its
 * configuration with the setting to the file FILE, never to the configuration itself. Called by install.sh.
 */
import { writeFile } from 'node:fs/promises';
import { dockerRules, findEngineCommand } from '../conditions/gather/docker-rules.ts';
import { AgentError, describeError } from '../system/errors.ts';
import { readFileIfPresent } from '../system/files.ts';
import { withMarkSetting } from './daemon-json.ts';

process.exitCode = await main(process.argv.slice(2));

/** Exit status: 0 needed, stdout has the configuration's path; 3 not needed, stdout says why; 64 usage; 69 it cannot be done. */
async function main([output, ...more]: readonly string[]): Promise<number> {
  if (output === undefined || more.length > 0) {
    process.stderr.write('Usage: docker-setting FILE\n');
    return 64;
  }
  try {
    const command = await findEngineCommand();
    if (!command.known) throw new Error(command.why);
    const { words, configFile } = command.value;
    const text = await readFileIfPresent(configFile);
    const changed = withMarkSetting(text, configFile);
    const { backend, evidence } = dockerRules(words, text, configFile);
    if (backend !== 'nftables') return notNeeded(evidence);
    if (changed === null) return notNeeded(`${configFile} has it already`);
    await writeFile(output, changed, { mode: 0o600 });
    process.stdout.write(`${configFile}\n`);
    return 0;
  } catch (error) {
    const next = error instanceof AgentError ? error.hint : 'see: systemctl status docker';
    process.stderr.write(`${describeError(error)}\n${next}\n`);
    return 69;
  }
}

function notNeeded(why: string): number {
  process.stdout.write(`${why}\n`);
  return 3;
}
