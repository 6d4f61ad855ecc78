import { servicesOnNetwork } from './on-network.ts';
import type { Case } from './plan-services.ts';
import type { Step } from './steps.ts';
import type { Desired } from './types.ts';

/** The step that a service in need is due. */
export function remedy({ service, need, turn }: Case, desired: Desired): Step {
  const why = 'why' in need ? need.why : '';
  const container = need.kind === 'fault' ? need.container : null;
  const services = desired.services.map(({ name }) => name);
  const { turnAddresses } = desired;
  const composeUp = (rung: 'restart' | 'recreate' | 'update', forceRecreate: boolean): Step => ({
    kind: 'compose-up',
    services: [service],
    why: `${service}: ${why}`,
    rung,
    forceRecreate,
    turnAddresses,
  });
  if (need.kind === 'update') return composeUp('update', false);
  switch (turn.rung) {
    case 'restart':
      if (container === null) return composeUp('restart', false);
      return container.state === 'running'
        ? { kind: 'restart-container', service, containerId: container.id, why }
        : { kind: 'start-container', service, containerId: container.id, why };
    case 'reload-image': {
      const image = desired.images.find((candidate) => candidate.service === service);
      if (image === undefined) return composeUp('recreate', true);
      return { kind: 'reload-image', service, containerId: container?.id ?? null, image, turnAddresses, why };
    }
    case 'stack':
      return { kind: 'restart-stack', service, services: servicesOnNetwork(desired), turnAddresses, why };
    case 'engine':
      return { kind: 'restart-engine', subject: service, services, why: `${service}: ${why}` };
    case 'reboot':
      return { kind: 'reboot', services, why: `${service}: ${why}` };
    case 'recreate':
      return composeUp('recreate', container !== null);
  }
}

/** A remedy in a few words, for what is announced. */
export function remedyInWords(step: Step): string {
  switch (step.kind) {
    case 'start-container':
      return 'start it';
    case 'restart-container':
      return 'restart it';
    case 'compose-up':
      return step.forceRecreate ? 'make it anew' : 'bring it up';
    case 'reload-image':
      return 'load its image anew and make it anew';
    case 'restart-stack':
      return 'make its network anew, with all that is on it';
    case 'restart-engine':
      return 'restart the Docker Engine';
    case 'reboot':
      return 'restart this machine';
    default:
      return step.kind;
  }
}
