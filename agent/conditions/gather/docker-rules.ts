import { join } from 'node:path';
import * as z from 'zod';
import { describeError } from '../../system/errors.ts';
import { readFileIfPresent } from '../../system/files.ts';
import { known, unknown } from '../findings.ts';
import type { DockerRules, Facts, Known } from '../types.ts';
import { linkOfProcess, nameOfProcess, pidsOf, readOfProcess } from './proc.ts';

/** Where dockerd looks for its configuration when its command line does not say (dockerd(8)). */
const DAEMON_JSON = '/etc/docker/daemon.json';
const daemonJson = z.object({
  iptables: z.boolean().optional(),
  'ip-masq': z.boolean().optional(),
  'firewall-backend': z.string().optional(),
});

/** How dockerd was started. */
export interface EngineCommand {
  readonly words: readonly string[];
  /** Its configuration, which need not exist. */
  readonly configFile: string;
}

/**
 * How the Docker Engine of this network namespace was told to keep its rules: by its command line, or by the
 * configuration file that this names. There is no way to ask the engine itself before 28. Needs root.
 */
export async function gatherDockerRules(procDirectory?: string): Promise<Facts['dockerRules']> {
  const command = await findEngineCommand(procDirectory);
  if (!command.known) return command;
  const { words, configFile } = command.value;
  try {
    return known(dockerRules(words, await readFileIfPresent(configFile), configFile));
  } catch (error) {
    return unknown(describeError(error));
  }
}

/** The command line of the dockerd of this network namespace. Needs root. */
export async function findEngineCommand(procDirectory = '/proc'): Promise<Known<EngineCommand>> {
  try {
    const here = linkOfProcess(join(procDirectory, 'self/ns/net'));
    for (const pid of pidsOf(procDirectory)) {
      const process = join(procDirectory, pid);
      if (nameOfProcess(process) !== 'dockerd') continue;
      const line = (await readOfProcess(join(process, 'cmdline'))) ?? '';
      // It has ended, or waits to be collected: then it has no command line (proc_pid_cmdline(5)).
      if (line === '') continue;
      const namespace = linkOfProcess(join(process, 'ns/net'));
      if (namespace === null) return unknown('needs root');
      // Engines in containers have a firewall of their own.
      if (namespace !== here) continue;
      const words = line.split('\0');
      return known({ words, configFile: option(words, 'config-file') ?? DAEMON_JSON });
    }
    return unknown('no dockerd runs on this host');
  } catch (error) {
    return unknown(describeError(error));
  }
}

/** The decision of `dockerd`: an option on its command line, or in its file (it refuses both), else its default. */
export function dockerRules(words: readonly string[], file: string | null, path: string): DockerRules {
  const config = daemonJson.parse(settingsOf(file, path));
  const told = (name: string, inFile: string | boolean | undefined) =>
    option(words, name) ?? (inFile === undefined ? null : String(inFile));
  const by = (name: string) => (option(words, name) === null ? path : 'its command line');
  const masquerade = told('ip-masq', config['ip-masq']) !== 'false';
  if (told('firewall-backend', config['firewall-backend']) === 'nftables') {
    return {
      backend: 'nftables',
      masquerade,
      evidence: `Docker keeps its rules with nftables, by ${by('firewall-backend')}`,
    };
  }
  return told('iptables', config.iptables) === 'false'
    ? { backend: 'none', masquerade, evidence: `Docker was told to write no rules, by ${by('iptables')}` }
    : { backend: 'iptables', masquerade, evidence: 'Docker keeps its rules with iptables' };
}

/** Nothing of a faulty file is repeated: it may hold the password of a proxy. */
function settingsOf(file: string | null, path: string): unknown {
  try {
    return JSON.parse(file?.trim() || '{}');
  } catch {
    throw new Error(`${path} is not valid JSON`);
  }
}

/** The value of `--name=value` or `--name value`; a flag alone is `true`. */
function option(words: readonly string[], name: string): string | null {
  const index = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const word = words[index];
  if (word === undefined) return null;
  if (word.includes('=')) return word.slice(word.indexOf('=') + 1);
  const next = words[index + 1];
  return next === undefined || next === '' || next.startsWith('-') ? 'true' : next;
}
