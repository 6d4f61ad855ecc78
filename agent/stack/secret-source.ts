import { allValues, ensureSecrets, readSecrets } from './secrets.ts';
import type { Secrets } from './types.ts';

/** The secrets of this appliance, and what the log must never show. */
export interface SecretSource {
  /** Null when they have not been made yet. Error: SECRET_REFUSED. */
  read(): Promise<Secrets | null>;
  make(): Promise<void>;
  /** What was read or made last; null before. */
  latest(): Secrets | null;
  /** The values that were read or made last. */
  values(): readonly string[];
}

export function createSecretSource(directory: string): SecretSource {
  let latest: Secrets | null = null;
  return {
    async read() {
      latest = await readSecrets({ directory });
      return latest;
    },
    async make() {
      latest = await ensureSecrets({ directory });
    },
    latest: () => latest,
    values: () => (latest === null ? [] : allValues(latest)),
  };
}
