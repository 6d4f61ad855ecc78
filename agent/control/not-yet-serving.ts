import type { ServiceStatus, Status } from './status.ts';

type Service = Pick<ServiceStatus, 'name' | 'state' | 'probe'>;

/** Whether a service does not run, and nobody asked for that: one that is being made anew, say. */
export const isAway = ({ state }: Pick<Service, 'state'>): boolean =>
  state !== 'running' && state !== 'held' && state !== 'unknown';

/** Which services do not serve, or were not asked yet, in words; null where all serve that are to. */
export function notYetServing(services: Status['services']): string | null {
  const away = services.filter(isAway);
  if (away.length > 0) return `not running at the moment: ${namesOf(away)}`;
  const unasked = services.filter(({ probe, state }) => probe === null && state === 'running');
  return unasked.length > 0
    ? `just started, and not asked yet whether they serve: ${namesOf(unasked)}`
    : null;
}

const namesOf = (services: readonly Service[]) => services.map(({ name }) => name).join(', ');
