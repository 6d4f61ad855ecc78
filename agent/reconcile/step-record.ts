import type { Store } from '../store/types.ts';
import type { Instant } from '../system/clock.ts';
import type { Incident } from './incidents.ts';
import type { Step } from './steps.ts';

/** How a step appears in the record: whom it is about, and a stable word for it. */
interface Entry {
  readonly subject: string;
  readonly kind: string;
}

export interface StepRecord {
  conclude(result: 'ok' | 'failed', detail: string, at: Instant): void;
}

export interface StepRecorder {
  /** Writes, before the step begins, that it is about to. */
  begin(step: Step, at: Instant): StepRecord;
}

/**
 * Records what is done. A step that heals a service belongs to that service's incident and gets no row of its own,
 * but what reaches beyond the stack does; one that failed and is tried again keeps its row, so that a fault of days
 * does not push out everything else.
 */
export function createStepRecorder(store: Store, incidents: Map<string, Incident>): StepRecorder {
  const failing = new Map<string, { eventId: number; times: number }>();

  return {
    begin(step, startedAt) {
      const healed = servicesOf(step).filter((service) => incidents.has(service));
      const heals = healed.length > 0 && healed.length === servicesOf(step).length;
      if (heals && !reachesBeyondTheStack(step)) {
        return { conclude: (result, detail) => addToIncidents(incidents, healed, result, detail) };
      }
      const entry = entryOf(step);
      const key = `${entry.subject} ${entry.kind}`;
      const before = failing.get(key);
      const open = () =>
        store.record({
          at: startedAt,
          ...entry,
          cause: step.why,
          evidence: '',
          action: null,
          result: 'pending',
          resultDetail: '',
          durationMs: null,
        });
      const written = before?.eventId ?? (isRoutine(step) ? null : open());
      return {
        conclude(result, detail, at) {
          if (heals) addToIncidents(incidents, healed, result, detail);
          if (result === 'ok') failing.delete(key);
          if (result === 'ok' && written === null) return;
          const eventId = written ?? open();
          const times = (before?.times ?? 0) + 1;
          if (result === 'failed') failing.set(key, { eventId, times });
          const repeated = times > 1 ? ` (attempt ${times})` : '';
          store.conclude(eventId, {
            action: result === 'ok' ? detail : `tried to: ${step.kind}`,
            result,
            resultDetail: `${result === 'ok' ? '' : detail}${repeated}`.trim(),
            durationMs: at.monotonicMs - startedAt.monotonicMs,
          });
        },
      };
    },
  };
}

/** The services that a step changes; empty for a step that changes none. */
export function servicesOf(step: Step): readonly string[] {
  if ('services' in step) return step.services;
  return 'service' in step ? [step.service] : [];
}

/** What whoever else uses the machine wants to read of as well, though every service of ours had failed before. */
const reachesBeyondTheStack = ({ kind }: Step): boolean => kind === 'restart-engine' || kind === 'reboot';

/** What happens all the time and says nothing unless it fails. */
function isRoutine(step: Step): boolean {
  return step.kind === 'clean-conntrack' || (step.kind === 'apply-table' && step.occasion === 'change');
}

function addToIncidents(
  incidents: Map<string, Incident>,
  services: readonly string[],
  result: 'ok' | 'failed',
  detail: string,
): void {
  for (const service of services) {
    const incident = incidents.get(service);
    const action = result === 'ok' ? detail : `an attempt failed: ${detail}`;
    if (incident) incidents.set(service, { ...incident, actions: [...incident.actions, action].slice(-20) });
  }
}

function entryOf(step: Step): Entry {
  switch (step.kind) {
    case 'make-secrets':
      return { subject: 'agent', kind: 'secrets-made' };
    case 'rotate-secret':
      return { subject: `secret ${step.secret}`, kind: `secret-${step.to}` };
    case 'apply-table':
      return {
        subject: 'firewall',
        kind: { first: 'table-applied', drift: 'table-drifted', change: 'table-changed' }[step.occasion],
      };
    case 'clean-conntrack':
      return { subject: 'firewall', kind: 'conntrack-cleaned' };
    case 'open-forward-path':
      return { subject: 'firewall', kind: 'forward-path-opened' };
    case 'try-perimeter':
      return { subject: 'firewall', kind: 'perimeter-on-trial' };
    case 'roll-back-perimeter':
      return { subject: 'firewall', kind: 'perimeter-rolled-back' };
    case 'forget-perimeter':
      return { subject: 'firewall', kind: 'perimeter-ended' };
    case 'set-kernel':
      return { subject: 'kernel', kind: 'setting-changed' };
    case 'load-image':
      return { subject: step.image.service, kind: 'image-loaded' };
    case 'remove-image':
      return { subject: step.image.service, kind: 'image-removed' };
    case 'make-ballast':
      return { subject: 'disk', kind: 'ballast-made' };
    case 'release-ballast':
      return { subject: 'disk', kind: 'ballast-released' };
    case 'compose-down':
      return { subject: 'stack', kind: 'taken-down' };
    case 'remove-services':
      return { subject: step.services.join(', '), kind: 'removed' };
    case 'remove-network':
      return { subject: 'stack', kind: 'network-removed' };
    case 'write-files':
      return { subject: 'stack', kind: 'files-written' };
    case 'compose-up':
      return { subject: step.services.join(', '), kind: 'brought-up' };
    case 'start-container':
      return { subject: step.service, kind: 'started' };
    case 'restart-container':
      return { subject: step.service, kind: 'restarted' };
    case 'reload-image':
      return { subject: step.service, kind: 'image-reloaded' };
    case 'restart-stack':
      return { subject: 'stack', kind: 'stack-restarted' };
    case 'restart-engine':
      return { subject: 'engine', kind: 'engine-restarted' };
    case 'reboot':
      return { subject: 'machine', kind: 'machine-restarted' };
    case 'hold-service':
      return { subject: step.service, kind: 'held' };
    case 'release-service':
      return { subject: step.service, kind: 'released' };
  }
}
