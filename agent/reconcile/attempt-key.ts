import type { Step } from './types.ts';

/** What an attempt at a step counts towards: steps that share a key share their backoff. */
export function attemptKeys(step: Step): readonly string[] {
  switch (step.kind) {
    case 'load-image':
      return [`load-image ${step.image.reference}`];
    case 'compose-up':
      return step.services.map(serviceKey);
    case 'start-container':
      return [serviceKey(step.service)];
    case 'set-kernel':
      return [`set-kernel ${step.setting}`];
    default:
      return [step.kind];
  }
}

export const serviceKey = (service: string) => `service ${service}`;

export const isServiceKey = (key: string) => key.startsWith(serviceKey(''));
