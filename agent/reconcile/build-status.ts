import type { Facts } from '../conditions/types.ts';
import { overall } from '../control/overall.ts';
import type { Problem, ServiceStatus, Status } from '../control/status.ts';
import { LIVEKIT } from '../stack/element-call/names.ts';
import type { Instant } from '../system/clock.ts';
import { firewallStatus } from './firewall-status.ts';
import { type Case, servicesInNeed } from './plan-services.ts';
import { remedy, remedyInWords } from './remedies.ts';
import { waitsFor } from './service-need.ts';
import type { Desired, History, Observed } from './types.ts';

export interface StatusInput {
  readonly observed: Observed;
  readonly desired: Desired | null;
  readonly history: History;
  readonly facts: Facts;
  readonly problems: readonly Problem[];
  readonly provisioning: Status['provisioning'];
  readonly now: Instant;
  readonly agentVersion: string;
}

/** The status that a person or a script reads; everything in it was seen or decided elsewhere. */
export function buildStatus(input: StatusInput): Status {
  const { observed, desired, facts, now, problems, provisioning } = input;
  const services = desired?.services ?? [];
  const cases = desired === null ? [] : servicesInNeed(observed, desired, input.history, now);
  const statuses = services.map(({ name }) =>
    serviceStatus(
      name,
      cases.find(({ service }) => service === name),
      input,
    ),
  );
  return {
    schemaVersion: 1,
    generatedAt: now.wall,
    generatedMonotonicMs: now.monotonicMs,
    bootId: now.bootId,
    agentVersion: input.agentVersion,
    overall: overall(problems, provisioning.state, statuses),
    provisioning,
    services: statuses,
    firewall: firewallStatus(desired, observed.table, facts),
    hardware: hardwareStatus(facts.hardware),
    problems,
  };
}

function hardwareStatus(hardware: Facts['hardware']): Status['hardware'] {
  if (!hardware.known)
    return { profile: 'unknown', score: 0, evidence: [hardware.why], settings: [], firmware: [] };
  const { profile, score, evidence, settings, firmware } = hardware.value;
  return { profile, score, evidence, settings, firmware };
}

function serviceStatus(
  name: string,
  found: Case | undefined,
  { observed, desired, history, facts, now }: StatusInput,
): ServiceStatus {
  const engine = observed.engine.ok ? observed.engine.value : null;
  const container = engine?.containers.find(({ service }) => service === name);
  const held = history.holds.some(({ service }) => service === name);
  const budgets = desired?.budgets.get(name);
  const next = found && desired ? nextOf(found, desired) : null;
  return {
    name,
    state: stateInWords(container?.state, held, engine !== null),
    probe: observed.verdicts.get(name) ?? null,
    ...(budgets && { budgets }),
    healing: {
      rung: rungInWords(name, found, held, { observed, desired, history }),
      attempts: found?.turn.attempts ?? 0,
      nextAction: next?.action ?? null,
      nextAt: next ? new Date(Date.parse(now.wall) + next.dueInMs).toISOString() : null,
    },
    startedAt: container?.startedAt ?? null,
    image: container?.image ?? null,
    ...(name === LIVEKIT && facts.media.known && facts.media.value !== null
      ? { media: facts.media.value }
      : {}),
  };
}

/** Where on the ladder a service is, or why on none. */
function rungInWords(
  name: string,
  found: Case | undefined,
  held: boolean,
  { observed, desired, history }: Pick<StatusInput, 'observed' | 'desired' | 'history'>,
): string {
  if (held) return 'held';
  if (history.underWay.has(name)) return 'under-way';
  if (found?.turn.slow) return 'slow-beat';
  if (found?.need.kind === 'fault') return found.turn.rung;
  if (found?.need.kind === 'update') return 'update';
  const cause = found && desired ? waitsFor(name, observed, desired) : null;
  return cause === null ? 'none' : `waits-for-${cause}`;
}

/** What is going to be done about a service, and in how long; null when nothing is. */
function nextOf(found: Case, desired: Desired): { readonly action: string; readonly dueInMs: number } | null {
  const { need, turn } = found;
  if (need.kind === 'wait') return need.before === null ? null : { action: need.before, dueInMs: need.forMs };
  if (need.kind !== 'fault' && need.kind !== 'update') return null;
  return { action: remedyInWords(remedy(found, desired)), dueInMs: turn.dueInMs };
}

function stateInWords(state: string | undefined, held: boolean, engineAnswers: boolean): string {
  if (!engineAnswers) return 'unknown';
  if (held) return 'held';
  return state ?? 'absent';
}
