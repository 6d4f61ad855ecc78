import { readFileIfPresent } from '../system/files.ts';
import { type ParsedConfig, parseConfig } from './parse-config.ts';
import { NO_FILE } from './problems.ts';

/** Reads and checks a configuration file; one that is not there is refused. Rejects when it is there and cannot be read. */
export async function readConfig(path: string): Promise<ParsedConfig> {
  const text = await readFileIfPresent(path);
  return text === null ? { ok: false, file: path, problems: [NO_FILE] } : parseConfig(text, path);
}
