import { createBanner } from '../control/banner.ts';
import { writeStatus } from '../control/status-file.ts';
import { AGENT_VERSION } from '../control/version.ts';
import { createBaseRules } from '../firewall/base-rules.ts';
import { createMarker } from '../provision/marker.ts';
import type { EngineWatch } from '../reconcile/engine-watch.ts';
import { eventsWriter } from '../reconcile/events-writer.ts';
import { createReporter } from '../reconcile/reporter.ts';
import type { Desired, Observed } from '../reconcile/types.ts';
import type { Parts } from './parts.ts';
import type { Senses } from './senses.ts';

/** What a round leaves behind: the status, the events, the banner, and what the next boot begins with. */
export function createReporting(
  { paths, clock, store, memory, config, look, log }: Parts,
  senses: Senses,
  engineVersion: EngineWatch['version'],
) {
  const banner = createBanner(paths);
  const marker = createMarker(paths.provisioned);
  const baseRules = createBaseRules(paths.firewallBase);
  const reporter = createReporter({
    clock,
    store,
    agentVersion: AGENT_VERSION,
    writeStatus: async (status) => {
      await writeStatus(paths.status, status);
      await banner.show(status, look.reachableAddresses());
      const notMarked = await marker.keep(status);
      if (notMarked !== null) log.warn({ notMarked }, 'that this machine was brought up could not be noted');
    },
    writeEvents: eventsWriter(store, paths.events),
  });
  return {
    status: reporter.latest,
    async report(observed: Observed, desired: Desired | null): Promise<void> {
      const notKept = await baseRules.keep(memory.history().applied?.spec ?? null);
      if (notKept !== null) log.warn({ notKept }, 'the rules for the next boot could not be kept');
      const loaded = config.latest();
      if (loaded === null) return;
      await reporter.report({
        observed,
        desired,
        history: memory.history(),
        config: loaded,
        configPath: paths.config,
        database: store.condition,
        engineVersion: engineVersion(),
        slow: senses.slow(),
        media: senses.media.fact(),
      });
    },
  };
}
