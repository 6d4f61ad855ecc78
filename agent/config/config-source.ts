import type { Paths } from '../system/paths.ts';
import { remember } from '../system/remember.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { parseConfig } from './parse-config.ts';
import type { ApplianceConfig } from './schema.ts';

/** The configuration file as it is now; parsed anew only when its text changed. */
export interface ConfigSource {
  /** Null when there is none that was ever accepted. */
  read(): Promise<ApplianceConfig | null>;
  /** What was read last; null before the first time. */
  latest(): LoadedConfig | null;
}

export function createConfigSource(paths: Pick<Paths, 'config' | 'acceptedConfig'>): ConfigSource {
  const parsed = remember(([text, path]: readonly [string, string]) => parseConfig(text, path));
  let latest: LoadedConfig | null = null;
  return {
    async read() {
      const files = { path: paths.config, acceptedPath: paths.acceptedConfig };
      latest = await loadConfig(files, (text, path) => parsed([text, path]));
      return latest.config;
    },
    latest: () => latest,
  };
}
