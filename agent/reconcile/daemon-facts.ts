import type { Facts, Known, PerimeterEffect } from '../conditions/types.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { formatConfigProblems } from '../config/problems.ts';
import { stoppedAt } from '../engine/unit.ts';
import type { Hold, Store } from '../store/types.ts';
import { elapsedMs, type Instant } from '../system/clock.ts';
import { tableFact } from './drift.ts';
import { failuresInWords } from './flapping.ts';
import { perimeterFact } from './perimeter-status.ts';
import { RESTRAINED_FOR_MS } from './restraint.ts';
import { rotationsInWords } from './rotation-status.ts';
import { waitsFor } from './service-need.ts';
import type { Desired, History, Observed } from './types.ts';

/** So long status tells of a change to our table that was put right. */
const DRIFT_IS_NEWS_MS = 60 * 60_000;

/** What takes longer to gather than a round may take; refreshed at its own beat. */
export type SlowFacts = Pick<
  Facts,
  | 'compose'
  | 'dockerProxies'
  | 'turnsListener'
  | 'conntrack'
  | 'disks'
  | 'memory'
  | 'clock'
  | 'foreignRules'
  | 'portHolders'
  | 'otherFirewalls'
  | 'hardware'
  | 'discovery'
  | 'symptoms'
> & {
  /** Gathered while somebody has to decide about it. */
  readonly perimeterEffect: Known<PerimeterEffect>;
};

export interface FactsInput {
  readonly observed: Observed;
  readonly desired: Desired | null;
  readonly history: History;
  readonly config: LoadedConfig;
  readonly configPath: string;
  readonly database: Store['condition'];
  readonly engineVersion: string | null;
  readonly slow: SlowFacts;
  readonly media: Facts['media'];
  readonly now: Instant;
}

/** The facts that the conditions judge, from what the loop saw anyway. */
export function daemonFacts(input: FactsInput): Facts {
  const { observed, desired, config } = input;
  const { perimeterEffect, ...slow } = input.slow;
  const known = <T>(value: T) => ({ known: true as const, value });
  const unknown = (why: string) => ({ known: false as const, why });
  return {
    ...slow,
    ballast: observed.storage.ok ? known(observed.storage.value.ballastBytes) : unknown(observed.storage.why),
    config: known(
      config.refused === null
        ? { accepted: true, error: '', hint: '' }
        : {
            accepted: false,
            error: formatConfigProblems(config.refused, input.configPath),
            hint:
              config.source === 'accepted'
                ? 'The last accepted configuration stays in force.'
                : 'Nothing was started yet.',
          },
    ),
    database: known(input.database),
    engine: known({
      version: input.engineVersion ?? '',
      error: observed.engine.ok ? null : observed.engine.why,
      stoppedAt: stoppedAt(observed.engineUnit, input.now),
    }),
    table:
      desired === null
        ? unknown('there is no configuration yet')
        : known(tableFact(tableNow(observed, desired, input.history), desired, input.history)),
    forwardPath: observed.forwardPath,
    dockerRules: observed.dockerRules,
    perimeter: perimeterFact(
      observed.config?.firewall ?? null,
      input.history.perimeter,
      perimeterEffect,
      observed.table,
      input.now,
    ),
    restraint: known(restraintInWords(input.history)),
    recentDrift: known(recentDrift(input)),
    media: input.media,
    refusal: known(desired?.refused ?? null),
    secrets: known({
      refused: observed.secrets.ok ? null : observed.secrets.why,
      rotating: rotationsInWords(observed, desired, input.history, input.now),
    }),
    images: observed.engine.ok
      ? known({ missing: observed.engine.value.missingImages })
      : unknown('the engine does not answer'),
    services: servicesFact(input),
  };
}

/** The table that was seen, or that was written in the same round, after the look. */
const tableNow = ({ table }: Observed, desired: Desired, { applied }: History): Observed['table'] =>
  applied?.spec === desired.table ? { ok: true, value: applied.listing } : table;

function recentDrift({ history: { lastDrift }, now }: FactsInput) {
  const age = lastDrift && elapsedMs(lastDrift.at, now);
  if (lastDrift === null || age === null || age > DRIFT_IS_NEWS_MS) return null;
  return { at: lastDrift.at.wall, what: lastDrift.what };
}

function servicesFact({ observed, desired, history, now }: FactsInput): Facts['services'] {
  if (!observed.engine.ok) return { known: false, why: 'the engine does not answer' };
  const { containers } = observed.engine.value;
  return {
    known: true,
    value: (desired?.services ?? []).map(({ name }) => {
      const container = containers.find(({ service }) => service === name);
      const verdict = observed.verdicts.get(name);
      const hold = history.holds.find(({ service }) => service === name);
      return {
        name,
        state: container?.state ?? 'absent',
        serving: verdict?.ok ?? null,
        held: hold !== undefined,
        failures: failuresInWords(name, history.deaths, now),
        waitsFor: desired && waitsFor(name, observed, desired),
        detail: hold ? holdInWords(hold) : (verdict?.detail ?? (container ? '' : 'it has no container')),
      };
    }),
  };
}

/** e.g. `held by an operator (agentctl hold) since 2026-11-22T13:00:00Z, until 2026-11-22T15:00:00Z`. */
function holdInWords({ reason, since, forMs }: Hold): string {
  const until = forMs === null ? '' : `, until ${new Date(Date.parse(since.wall) + forMs).toISOString()}`;
  return `${reason} since ${since.wall}${until}`;
}

function restraintInWords({ restrainedSince }: History): string | null {
  if (restrainedSince === null) return null;
  const until = new Date(Date.parse(restrainedSince.wall) + RESTRAINED_FOR_MS).toISOString();
  return `it ended again and again without having been asked to, the last time before ${restrainedSince.wall}; it changes nothing until ${until}`;
}
