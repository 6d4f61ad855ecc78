import type { ContainerObservation } from '../engine/types.ts';
import type { Death, Store } from '../store/types.ts';
import type { Instant } from '../system/clock.ts';
import { type Incident, type IncidentChange, type IncidentOpening, incidentChanges } from './incidents.ts';
import type { Desired, History, NotedEvent, Observed } from './types.ts';

/** Follows the services from look to look and writes down what befell them. */
export interface IncidentLog {
  readonly open: Map<string, Incident>;
  /** What was done to these services was our own doing: that they are gone is no incident. */
  changedByUs(services: readonly string[]): void;
  /** Compares with the last look; returns what began and what is over. */
  update(seen: {
    readonly observed: Observed;
    readonly desired: Desired;
    readonly history: History;
    readonly events: readonly NotedEvent[];
    readonly now: Instant;
  }): readonly IncidentChange[];
}

export function createIncidentLog(store: Store, onDeath: (death: Death) => void): IncidentLog {
  const open = new Map<string, Incident>();
  const lastAddress = new Map<string, string>();
  let ranBefore: ReadonlySet<string> = new Set();

  function begin({ service, how, cause, evidence }: IncidentOpening, at: Instant): void {
    const eventId = store.record({
      at,
      subject: service,
      kind: `service-${how}`,
      cause,
      evidence,
      action: null,
      result: 'pending',
      resultDetail: '',
      durationMs: null,
    });
    open.set(service, { service, how, eventId, openedAtMs: at.monotonicMs, actions: [] });
  }

  function close(incident: Incident, action: string, resultDetail: string, now: Instant): void {
    open.delete(incident.service);
    const durationMs = now.monotonicMs - incident.openedAtMs;
    store.conclude(incident.eventId, { action, result: 'ok', resultDetail, durationMs });
  }

  function noteAddresses(backends: Desired['backends'], at: Instant): void {
    for (const [service, address] of backends) {
      const before = lastAddress.get(service);
      if (address === null || address === before) continue;
      lastAddress.set(service, address);
      if (before === undefined) continue;
      store.record({
        at,
        subject: 'firewall',
        kind: 'backend-moved',
        cause: `${service} moved from ${before} to ${address}`,
        evidence: '',
        action: 'its published ports lead to the new address',
        result: 'ok',
        resultDetail: '',
        durationMs: null,
      });
    }
  }

  return {
    open,
    changedByUs(services) {
      ranBefore = new Set([...ranBefore].filter((service) => !services.includes(service)));
    },
    update({ observed, desired, history, events, now }) {
      if (!observed.engine.ok) return [];
      const { containers } = observed.engine.value;
      // What a step of ours is changing is in no state that means anything.
      const named = desired.services.map(({ name }) => name);
      const services = named.filter((name) => !history.underWay.has(name));
      const { verdicts, silences } = observed;
      const { holds, kills } = history;
      for (const death of deathsIn(events, containers, now)) onDeath(death);
      const changes = incidentChanges({
        named,
        services,
        containers,
        ranBefore,
        events,
        kills,
        verdicts,
        silences,
        holds,
        open,
      });
      ranBefore = new Set(
        containers.filter(({ state }) => state === 'running').map(({ service }) => service),
      );
      for (const change of changes) {
        const incident = open.get(change.service);
        if (change.kind === 'open') begin(change, now);
        else if (incident) close(incident, change.action, change.detail, now);
      }
      noteAddresses(desired.backends, now);
      return changes;
    },
  };
}

/** What ended though nobody asked the engine to end it. */
function deathsIn(
  events: readonly NotedEvent[],
  containers: readonly ContainerObservation[],
  at: Instant,
): Death[] {
  return events
    .filter(({ action, kill }) => action === 'die' && kill === null)
    .flatMap(({ service, containerId, exitCode }) => {
      if (service === null) return [];
      const oomKilled =
        events.some((event) => event.action === 'oom' && event.containerId === containerId) ||
        containers.some((container) => container.id === containerId && container.oomKilled);
      return [{ service, exitCode, oomKilled, at }];
    });
}
