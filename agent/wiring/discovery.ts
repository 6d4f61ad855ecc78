import { known, unknown } from '../conditions/findings.ts';
import type { Facts } from '../conditions/types.ts';
import { discoveryFault } from '../probes/discovery.ts';
import { PORTS, TUWUNEL } from '../stack/element-call/names.ts';
import { describeError } from '../system/errors.ts';
import { keep } from '../system/keep.ts';
import type { Parts } from './parts.ts';

/** It changes with the configuration alone. */
const KEPT_MS = 5 * 60_000;

/** Asks the homeserver what it tells clients of the SFU; an answer is kept for a while. Never rejects. */
export function watchDiscovery({ clock, look }: Parts): () => Promise<Facts['discovery']> {
  const ask = keep(
    async () => {
      const { backend } = look.placesOf(TUWUNEL);
      const domains = look.config()?.elementCall?.domains;
      if (backend === null || domains === undefined) throw new Error('the homeserver has no address yet');
      return { fault: await discoveryFault(`http://${backend}:${PORTS.tuwunel}`, `https://${domains.rtc}`) };
    },
    KEPT_MS,
    clock,
  );
  return async () => {
    const config = look.config();
    if (config !== null && config.elementCall === null) return known(null);
    return ask(false).then(known, (error: unknown) => unknown(describeError(error)));
  };
}
