import type { ContainerObservation } from '../engine/types.ts';
import type { Silence, Verdict } from '../probes/types.ts';
import type { Hold } from '../store/types.ts';
import { type Ended, exitInWords } from './exit-words.ts';
import type { History, KillSeen, NotedEvent } from './types.ts';

/** A fault of one service, from the moment it was seen until it serves again or is held. */
export interface Incident {
  readonly service: string;
  readonly how: 'died' | 'silent';
  readonly eventId: number;
  readonly openedAtMs: number;
  /** What was done so far, in words. */
  readonly actions: readonly string[];
}

export interface IncidentOpening {
  readonly kind: 'open';
  readonly service: string;
  /** Its process ended, or it runs and ceased to answer. */
  readonly how: Incident['how'];
  readonly cause: string;
  readonly evidence: string;
}

export type IncidentChange =
  | IncidentOpening
  | { readonly kind: 'close'; readonly service: string; readonly action: string; readonly detail: string };

export interface IncidentInput {
  /** All services of the configuration. */
  readonly named: readonly string[];
  /** Those of them that no step is changing. */
  readonly services: readonly string[];
  readonly containers: readonly ContainerObservation[];
  /** Services that ran when last looked at. */
  readonly ranBefore: ReadonlySet<string>;
  /** Events since then that no step of ours caused, oldest first. */
  readonly events: readonly NotedEvent[];
  /** What the engine was asked to send to containers, by their ids. */
  readonly kills: History['kills'];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly silences: ReadonlyMap<string, Silence>;
  readonly holds: readonly Hold[];
  readonly open: ReadonlyMap<string, Incident>;
}

/** Which incidents begin and which are over. One fault is one incident, however many events it shows itself by. */
export function incidentChanges(input: IncidentInput): IncidentChange[] {
  const changes = input.services.flatMap((service) => {
    const incident = input.open.get(service);
    return incident === undefined ? begins(service, input) : ends(service, incident, input);
  });
  const unnamed = [...input.open.keys()].filter((service) => !input.named.includes(service));
  return [...changes, ...unnamed.map(endsWithItsService)];
}

function begins(service: string, input: IncidentInput): IncidentChange[] {
  const events = input.events.filter((event) => event.service === service);
  const died = events.find(({ action }) => action === 'die');
  const container = input.containers.find((candidate) => candidate.service === service);
  const held = input.holds.some((hold) => hold.service === service);
  if (died) {
    const ended = {
      state: 'exited',
      exitCode: died.exitCode,
      oomKilled: events.some(({ action }) => action === 'oom') || (container?.oomKilled ?? false),
      error: '',
    } as const;
    const cause = causeOfDeath(ended, died.kill);
    return [{ kind: 'open', service, how: 'died', cause, evidence: evidenceOf(died) }];
  }
  if (held) return [];
  if (container?.state === 'running') return beginsSilently(service, input);
  if (!input.ranBefore.has(service)) return [];
  return [
    {
      kind: 'open',
      service,
      how: 'died',
      cause: container
        ? causeOfDeath(container, input.kills.get(container.id) ?? null)
        : 'its container was removed',
      evidence: container ? `container ${container.id.slice(0, 12)} is ${container.state}` : 'no container',
    },
  ];
}

/** One that has just started may be silent for a while; one that has served may not. */
function beginsSilently(service: string, { verdicts, silences }: IncidentInput): IncidentChange[] {
  const verdict = verdicts.get(service);
  if (verdict === undefined || verdict.ok || !silences.get(service)?.served) return [];
  return [
    {
      kind: 'open',
      service,
      how: 'silent',
      cause: 'it runs but no longer answers',
      evidence: verdict.detail,
    },
  ];
}

/** `docker stop` and `docker kill` announce themselves; a signal that they did not send came from somewhere else. */
function causeOfDeath(ended: Ended, kill: KillSeen | null): string {
  if (kill) return `it was stopped or killed through the engine (signal ${kill.signal ?? 'unknown'})`;
  const words = exitInWords(ended);
  return ended.exitCode === 137 && !ended.oomKilled ? `${words}, sent from outside the engine` : words;
}

const endsWithItsService = (service: string): IncidentChange => ({
  kind: 'close',
  service,
  action: 'none: the configuration names it no longer',
  detail: '',
});

const evidenceOf = (died: NotedEvent) =>
  `engine event die, exit ${died.exitCode ?? 'unknown'}, container ${died.containerId.slice(0, 12)}`;

function ends(service: string, incident: Incident, input: IncidentInput): IncidentChange[] {
  const hold = input.holds.find((candidate) => candidate.service === service);
  if (hold) {
    return [{ kind: 'close', service, action: 'left as it is, on hold', detail: hold.reason }];
  }
  const container = input.containers.find((candidate) => candidate.service === service);
  const verdict = input.verdicts.get(service);
  if (container?.state !== 'running' || !verdict?.ok) return [];
  const byItself =
    incident.how === 'died'
      ? "the engine's restart policy started it again"
      : 'none was needed: it answers again';
  const action = incident.actions.at(-1) ?? byItself;
  const attempts = incident.actions.length > 1 ? ` (${incident.actions.length} attempts)` : '';
  return [{ kind: 'close', service, action: `${action}${attempts}`, detail: `serving: ${verdict.detail}` }];
}
