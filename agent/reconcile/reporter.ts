import { CONDITIONS } from '../conditions/index.ts';
import { evaluate, toProblems } from '../conditions/problems.ts';
import type { Problem, Status } from '../control/status.ts';
import { provisioningProgress } from '../provision/progress.ts';
import type { Store } from '../store/types.ts';
import { type Clock, elapsedMs, type Instant } from '../system/clock.ts';
import { buildStatus } from './build-status.ts';
import { daemonFacts, type FactsInput } from './daemon-facts.ts';

/** An unchanged status is written this often, so that its age tells that the agent lives. */
const AT_LEAST_EVERY_MS = 5_000;

export interface ReporterPorts {
  readonly clock: Clock;
  readonly store: Store;
  readonly agentVersion: string;
  readonly writeStatus: (status: Status) => Promise<void>;
  /** Writes the events if there are new ones. */
  readonly writeEvents: () => Promise<void>;
}

export interface Reporter {
  report(input: Omit<FactsInput, 'now'>): Promise<void>;
  /** The newest status; null before the first. */
  latest(): Status | null;
}

/** Turns what was seen into the status that people and scripts read. */
export function createReporter(ports: ReporterPorts): Reporter {
  let problems: readonly Problem[] = [];
  let latest: Status | null = null;
  let writtenAt: Instant | null = null;

  function isDue(status: Status, now: Instant): boolean {
    const age = writtenAt && elapsedMs(writtenAt, now);
    return age === null || age >= AT_LEAST_EVERY_MS || essence(status) !== (latest && essence(latest));
  }

  return {
    latest: () => latest,
    async report(input) {
      const now = ports.clock.now();
      const facts = daemonFacts({ ...input, now });
      problems = toProblems(evaluate(CONDITIONS, facts), problems, now.wall);
      const status = buildStatus({
        observed: input.observed,
        desired: input.desired,
        history: input.history,
        facts,
        problems,
        provisioning: provisioningProgress(ports.store, input.observed, input.desired, now),
        now,
        agentVersion: ports.agentVersion,
      });
      await ports.writeEvents();
      const due = isDue(status, now);
      latest = status;
      if (!due) return;
      writtenAt = now;
      await ports.writeStatus(status);
    },
  };
}

/** What of a status is news: not its time, nor the counters, nor how long a probe took. */
function essence({ overall, provisioning, services, firewall, hardware, problems }: Status): string {
  return JSON.stringify([
    overall,
    provisioning.steps.map(({ state, finishedAt }) => [state, finishedAt]),
    services.map(({ state, probe, healing, startedAt, media }) => [
      state,
      probe?.ok,
      healing.rung,
      startedAt,
      media?.at,
    ]),
    firewall.state,
    hardware.profile,
    firewall.published.map(({ target }) => target),
    problems.map(({ code, severity, evidence }) => [code, severity, evidence]),
  ]);
}
