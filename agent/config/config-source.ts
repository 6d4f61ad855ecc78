import type { Paths } from '../system/paths.ts';
import { remember } from '../system/remember.ts';
import { whileUnchanged } from '../system/while-unchanged.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { parseConfig } from './parse-config.ts';
import type { ApplianceConfig } from './schema.ts';

/** The configuration file as it is now; read anew when it may have changed, parsed anew when its text did. */
export interface ConfigSource {
  /** Null when there is none that was ever accepted. */
  read(): Promise<ApplianceConfig | null>;
  /** What was read last; null before the first time. */
  latest(): LoadedConfig | null;
}

export function createConfigSource(paths: Pick<Paths, 'config' | 'acceptedConfig'>): ConfigSource {
  const parsed = remember(([text, path]: readonly [string, string]) => parseConfig(text, path));
  const files = { path: paths.config, acceptedPath: paths.acceptedConfig };
  const load = whileUnchanged(
    [paths.config, paths.acceptedConfig],
    () => loadConfig(files, (text, path) => parsed([text, path])),
    // A copy that could not be kept is tried again.
    ({ notKept }) => notKept === null,
  );
  let latest: LoadedConfig | null = null;
  return {
    async read() {
      latest = await load();
      return latest.config;
    },
    latest: () => latest,
  };
}
