import type { Facts } from '../conditions/types.ts';
import { overall } from '../control/overall.ts';
import type { Problem, ServiceStatus, Status } from '../control/status.ts';
import type { Instant } from '../system/clock.ts';
import { serviceKey } from './attempt-key.ts';
import { nextTurn, SERVICE_BEAT } from './backoff.ts';
import { firewallStatus } from './firewall-status.ts';
import { type Need, needOf } from './plan-services.ts';
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
  return {
    schemaVersion: 1,
    generatedAt: now.wall,
    generatedMonotonicMs: now.monotonicMs,
    bootId: now.bootId,
    agentVersion: input.agentVersion,
    overall: overall(problems, provisioning.state),
    provisioning,
    services: services.map(({ name }) => serviceStatus(name, input)),
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

function serviceStatus(name: string, { observed, desired, history, now }: StatusInput): ServiceStatus {
  const engine = observed.engine.ok ? observed.engine.value : null;
  const container = engine?.containers.find(({ service }) => service === name);
  const held = history.holds.some(({ service }) => service === name);
  const turn = nextTurn(history.attempts.get(serviceKey(name)) ?? [], SERVICE_BEAT, now);
  const need = engine && desired ? needOf(name, engine, desired, history, now) : null;
  const acts = need?.kind === 'start' || need?.kind === 'up';
  return {
    name,
    state: stateInWords(container?.state, held, engine !== null),
    probe: observed.verdicts.get(name) ?? null,
    healing: {
      rung: held ? 'held' : turn.budgetSpent ? 'slow-beat' : acts ? need.kind : 'none',
      attempts: turn.attempts,
      nextAction: acts ? actionInWords(need) : null,
      nextAt: acts ? new Date(Date.parse(now.wall) + turn.dueInMs).toISOString() : null,
    },
    startedAt: container?.startedAt ?? null,
    image: container?.image ?? null,
  };
}

function actionInWords(need: Extract<Need, { kind: 'start' | 'up' }>): string {
  if (need.kind === 'start') return 'start it';
  return need.forceRecreate ? 'make it anew' : 'bring it up';
}

function stateInWords(state: string | undefined, held: boolean, engineAnswers: boolean): string {
  if (!engineAnswers) return 'unknown';
  if (held) return 'held';
  return state ?? 'absent';
}
